// Loads the page again when what it follows has ended, so that the page shows the result.
//
//   <section data-controller="events reload" data-action="job:end->reload#now">…</section>
import { Controller } from "@hotwired/stimulus";

export default class extends Controller<HTMLElement> {
  now(): void {
    window.location.reload();
  }
}
