import { Controller } from "@hotwired/stimulus";
import Sortable from "sortablejs";
import { indexOf } from "../lib/board";
import type { Dropped } from "./ranking_controller";

/**
 * Dragging the rows of the order, by mouse or finger, by their handles alone: a finger on anything else scrolls.
 * Tells where a row was dropped as `ranking:dropped`; moves nothing for good by itself.
 */
const ROW = "[data-ranking-target~=row]";

export default class extends Controller<HTMLElement> {
  private sortables: Sortable[] = [];

  override connect(): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.sortables = [...this.element.querySelectorAll<HTMLElement>("[data-zone-name]")].map((zone) =>
      Sortable.create(zone, {
        group: "answers",
        handle: "[data-handle]",
        draggable: ROW,
        animation: still ? 0 : 120,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 4,
        emptyInsertThreshold: 24,
        scrollSensitivity: 60,
        ghostClass: "is-ghost",
        dragClass: "is-dragged",
        onStart: () => this.element.classList.add("is-dragging"),
        onEnd: (event) => this.dropped(event.item, event.to),
      }),
    );
  }

  override disconnect(): void {
    for (const sortable of this.sortables) sortable.destroy();
  }

  private dropped(row: HTMLElement, zone: HTMLElement): void {
    this.element.classList.remove("is-dragging");
    const detail: Dropped = {
      index: indexOf(row),
      zone: zone.dataset["zoneName"]!,
      previous: neighbour(row.previousElementSibling),
      next: neighbour(row.nextElementSibling),
    };
    this.element.dispatchEvent(new CustomEvent("ranking:dropped", { detail, bubbles: true }));
  }
}

function neighbour(other: Element | null): number | null {
  return other instanceof HTMLElement && other.matches(ROW) ? indexOf(other) : null;
}
