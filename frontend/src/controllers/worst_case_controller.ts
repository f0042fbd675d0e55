// Shows the worst case of a project's pay while rate and minutes are entered; the server's own figure decides.
//
//   <script type="application/json" id="worst-case">{"ballots": 100, "hourly": "0", …: see Planned}</script>
//   <form data-controller="worst-case">… name="hourly_rate", name="lease_ms", name="currency" …
//     <output data-worst-case-target="amount"></output></form>
import { Controller } from "@hotwired/stimulus";

import { NOTHING, type Planned, shownAmount, worstCaseMicro } from "../lib/worst_case";

export default class extends Controller<HTMLFormElement> {
  static override targets = ["amount"];

  declare readonly amountTarget: HTMLOutputElement;
  private planned: Planned = NOTHING;

  override connect(): void {
    const given = JSON.parse(document.getElementById("worst-case")?.textContent ?? "{}") as Partial<Planned>;
    this.planned = { ...NOTHING, ...given };
    this.element.addEventListener("input", () => this.show());
    this.show();
  }

  private show(): void {
    const micro = worstCaseMicro(this.planned, this.entered("hourly_rate"), this.entered("lease_ms"));
    if (micro === null) return;
    const currency = this.entered("currency")?.toUpperCase() || this.planned.currency;
    this.amountTarget.textContent = shownAmount(micro, currency, this.planned.digits);
  }

  private entered(name: string): string | null {
    const field = this.element.elements.namedItem(name);
    return field instanceof HTMLInputElement ? field.value.trim() : null;
  }
}
