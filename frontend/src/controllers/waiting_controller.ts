import { Controller } from "@hotwired/stimulus";
import { t } from "../lib/i18n";
import { ask } from "../lib/net";
import { tabId } from "../lib/tab";

/**
 * Asks for work again every half minute, without leaving the page: a lost connection leaves no broken page behind.
 * When there is work, or nothing to wait for any more, the page is loaded anew and says what is next.
 */
const EVERY_MS = 30_000;

export default class extends Controller<HTMLFormElement> {
  static override values = { url: String, says: String };

  declare readonly urlValue: string;
  declare readonly saysValue: string;

  private timer = 0;

  override connect(): void {
    this.later();
  }

  override disconnect(): void {
    window.clearTimeout(this.timer);
  }

  private later(): void {
    this.timer = window.setTimeout(() => void this.look(), EVERY_MS);
  }

  private async look(): Promise<void> {
    const answer = await ask("POST", this.urlValue, { tab: tabId() });
    const lost = answer.status === 0 || answer.status >= 500;
    if (!lost && answer.body?.["status"] !== "waiting") return location.reload();
    this.say(lost ? t("waiting.offline") : "");
    this.later();
  }

  private say(text: string): void {
    const line = document.getElementById(this.saysValue);
    if (line && line.textContent !== text) line.textContent = text;
  }
}
