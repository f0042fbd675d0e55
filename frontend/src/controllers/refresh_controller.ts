// Fetches a part of the page anew every some seconds, while somebody looks at it. The page is whole without it.
//
//   <div data-controller="refresh" data-refresh-url-value="/projects/…/progress/?part=live"
//        data-refresh-every-value="10000">…</div>
//
// What was opened (details) or focused stays so: while the focus is inside, the part is left as it is.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller<HTMLElement> {
  static override values = { url: String, every: Number };

  declare readonly urlValue: string;
  declare readonly everyValue: number;

  private timer = 0;
  private stopped = false;

  override connect(): void {
    this.stopped = false;
    this.wait();
  }

  override disconnect(): void {
    this.stopped = true;
    window.clearTimeout(this.timer);
  }

  private wait(): void {
    this.timer = window.setTimeout(() => void this.refresh(), this.everyValue);
  }

  private async refresh(): Promise<void> {
    const looking = document.visibilityState === "visible" && !this.element.contains(document.activeElement);
    if (looking) await this.fetch();
    if (!this.stopped) this.wait();
  }

  private async fetch(): Promise<void> {
    try {
      const answer = await fetch(this.urlValue, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = [...this.element.querySelectorAll("details")].map((details) => details.open);
      fresh.querySelectorAll("details").forEach((details, at) => (details.open = open[at] ?? false));
      this.element.replaceChildren(...fresh.body.childNodes);
    } catch {
      // offline: the page says as of when its figures are, and tries again
    }
  }
}
