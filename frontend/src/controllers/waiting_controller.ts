import { Controller } from "@hotwired/stimulus";

/** Asks for work again every half minute by sending the form that a person would press. */
const EVERY_MS = 30_000;

export default class extends Controller<HTMLFormElement> {
  private timer = 0;

  override connect(): void {
    this.timer = window.setTimeout(() => this.element.requestSubmit(), EVERY_MS);
  }

  override disconnect(): void {
    window.clearTimeout(this.timer);
  }
}
