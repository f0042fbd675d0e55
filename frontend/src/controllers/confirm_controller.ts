// Asks once more before a form is sent that can't be taken back. Without scripts the form is sent at once; the
// server asks for nothing less because of this.
//
//   <form method="post" data-controller="confirm" data-action="submit->confirm#ask"
//         data-confirm-text-value="Stop this run? What was trained so far stays.">
import { Controller } from "@hotwired/stimulus";

export default class extends Controller<HTMLFormElement> {
  static override values = { text: String };

  declare readonly textValue: string;

  ask(event: Event): void {
    if (!window.confirm(this.textValue)) event.preventDefault();
  }
}
