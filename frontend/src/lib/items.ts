/** The items of the ranking page: fetched in advance or when they are due, each as the fragment that the server made. */
import { type Answer, ask } from "./net";
import { tabId } from "./tab";

export interface Item {
  lease: string;
  fragment: DocumentFragment;
}

/** `lost`: no answer, try again; `page`: the project's own page says what is next; `closed`: no new items now. */
export type Found = Item | "lost" | "none" | "closed" | "page";

/** Hold the next item in advance. It starts no time; its time starts when it is on screen. */
export async function reserve(project: string): Promise<Found> {
  const answer = await ask("POST", `/work/${project}/reserve/`);
  if (lost(answer)) return "lost";
  if (answer.body?.["code"] === "project_not_open") return "closed";
  return answer.status === 200 ? read(answer.text) : "none";
}

/** Take the next item; the clock goes to it. */
export async function takeNext(project: string): Promise<Found> {
  const answer = await ask("POST", `/api/v1/work/${project}/next`, { tab: tabId() });
  if (lost(answer)) return "lost";
  const lease = (answer.body?.["lease"] as { id: string } | null | undefined)?.id;
  if (!lease) return "page";
  const item = await ask("GET", `/work/${project}/items/${lease}/`);
  return lost(item) ? "lost" : item.status === 200 ? read(item.text) : "page";
}

/** Show one item again that may still be answered; the clock goes to it. */
export async function showAgain(project: string, lease: string): Promise<Found> {
  const answer = await ask("POST", `/work/${project}/items/${lease}/`);
  return answer.status === 200 ? read(answer.text) : "none";
}

export function isItem(found: Found): found is Item {
  return typeof found === "object";
}

/** Wait until the widget of an item has started. */
export function ready(ranker: HTMLElement): Promise<void> {
  if (ranker.classList.contains("is-ready")) return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!ranker.classList.contains("is-ready")) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(ranker, { attributeFilter: ["class"] });
  });
}

function lost(answer: Answer): boolean {
  return answer.status === 0 || answer.status >= 500;
}

/** Read a fragment that our own template made; every text in it is escaped there, and no script in it would run. */
function read(text: string): Found {
  const fragment = document.createDocumentFragment();
  fragment.append(...document.adoptNode(new DOMParser().parseFromString(text, "text/html").body).childNodes);
  const lease = fragment.querySelector("[data-ranking-lease-value]")?.getAttribute("data-ranking-lease-value");
  return lease ? { lease, fragment } : "none";
}
