import { Controller } from "@hotwired/stimulus";
import { t } from "../lib/i18n";
import { type Hold, type Letter, type Outbox, type Outcome } from "../lib/outbox";
import { lastOutcome, outboxOf } from "../lib/post";

/**
 * Says on every page of an annotator what has become of their answers: saved here, sent, counted; how many wait, and
 * what to do where something is in the way. It sends what waits, also from an earlier visit.
 *
 *   <div data-controller="outbox" data-outbox-user-value="7" data-outbox-login-value="/accounts/login/">
 *     <p role="status" data-outbox-target="status"></p><div data-outbox-target="refused"></div></div>
 */
export default class extends Controller<HTMLElement> {
  static override targets = ["status", "step", "action", "refused", "others"];
  static override values = { user: Number, login: String };

  declare readonly userValue: number;
  declare readonly loginValue: string;
  declare readonly statusTarget: HTMLElement;
  declare readonly stepTargets: HTMLElement[];
  declare readonly actionTarget: HTMLAnchorElement;
  declare readonly refusedTarget: HTMLElement;
  declare readonly othersTarget: HTMLElement;

  private outbox!: Outbox;
  private readonly onChange = (): void => void this.show();
  private readonly onVisible = (): void => {
    if (!document.hidden) void this.outbox.flush();
  };
  private readonly onUnload = (event: BeforeUnloadEvent): void => {
    if (this.outbox.atRisk) event.preventDefault();
  };

  override connect(): void {
    this.outbox = outboxOf(this.userValue);
    window.addEventListener("outbox:changed", this.onChange);
    window.addEventListener("outbox:settled", this.onChange);
    window.addEventListener("beforeunload", this.onUnload);
    document.addEventListener("visibilitychange", this.onVisible);
    void this.show().then(() => this.outbox.flush());
  }

  override disconnect(): void {
    window.removeEventListener("outbox:changed", this.onChange);
    window.removeEventListener("outbox:settled", this.onChange);
    window.removeEventListener("beforeunload", this.onUnload);
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  private async show(): Promise<void> {
    const letters = await this.outbox.letters();
    const waiting = letters.filter((letter) => letter.problem === null).length;
    const last = lastOutcome(this.userValue);
    this.say(waiting > 0 ? this.waitingWords(waiting) : last ? takenWords(last) : "");
    this.showSteps(waiting, last);
    this.showAction(waiting > 0 ? this.outbox.hold : "");
    this.refusedTarget.replaceChildren(...letters.filter((letter) => letter.problem).map((letter) => this.refused(letter)));
    const others = await this.outbox.ofOthers();
    this.othersTarget.textContent = others ? t("outbox.others", { n: others }) : "";
    this.othersTarget.hidden = others === 0;
    this.element.hidden = waiting + letters.length + others === 0 && last === null;
  }

  private waitingWords(n: number): string {
    if (this.outbox.atRisk) return t("outbox.not_saved");
    const held: Record<Hold, string> = {
      "": "outbox.sending", offline: "outbox.offline", signed_out: "outbox.signed_out", other_person: "outbox.other_person",
    };
    return t(held[this.outbox.hold], { n });
  }

  /** Three steps to see at a glance; the sentence beside them says the same. */
  private showSteps(waiting: number, last: Outcome | null): void {
    const done = waiting > 0 ? (this.outbox.atRisk ? 0 : 1) : last?.is === "taken" ? 3 : 0;
    this.stepTargets.forEach((step, at) => step.classList.toggle("is-done", at < done));
    this.element.classList.toggle("is-held", waiting > 0 && this.outbox.hold !== "");
  }

  private showAction(hold: Hold): void {
    const asked = hold === "signed_out" || hold === "other_person";
    this.actionTarget.hidden = !asked;
    if (asked) this.actionTarget.href = `${this.loginValue}?next=${encodeURIComponent(location.pathname)}`;
  }

  private refused(letter: Letter): HTMLElement {
    const box = document.createElement("div");
    const known = ["already_answered", "key_reused", "not_found"].includes(letter.problem!.code);
    box.className = `notice notice--${known ? "info" : "error"}`;
    box.append(line(t(known ? "outbox.not_needed" : "outbox.refused")));
    for (const text of [letter.problem!.detail, ...letter.problem!.problems]) box.append(line(text));
    const buttons = document.createElement("p");
    buttons.className = "cluster";
    if (!known && letter.kind === "submit") buttons.append(button(t("outbox.show_again"), () => this.open(letter)));
    buttons.append(button(t("outbox.remove"), () => void this.outbox.remove(letter.key)));
    box.append(buttons);
    return box;
  }

  private open(letter: Letter): void {
    const heard = window.dispatchEvent(new CustomEvent("flow:open", { detail: { letter }, cancelable: true }));
    if (heard) location.assign(`/work/${letter.project}/`); // no ranking page here: that page shows what is in hand
  }

  private say(text: string): void {
    if (this.statusTarget.textContent !== text) this.statusTarget.textContent = text;
  }
}

/** What the server says of a break, a return or a stop that it has taken. */
const CLOCK_STATES = new Set(["running", "break", "unknown", "stopped"]);

function takenWords(outcome: Outcome): string {
  if (outcome.is !== "taken") return "";
  if (outcome.status === "surplus") return t("outbox.surplus");
  if (CLOCK_STATES.has(outcome.status)) return t("outbox.clock");
  return t(outcome.status === "skipped" ? "outbox.skipped" : "outbox.counted");
}

function line(text: string): HTMLElement {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}

function button(label: string, act: () => void): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
