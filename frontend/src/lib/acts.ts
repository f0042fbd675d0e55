/** Every act on one answer by its name: what keys, buttons and the page have in common. Knows no page. */
import type { Answer, Strength } from "./answer";
import { t } from "./i18n";
import { whereIs } from "./ranking_words";

/** Do it. Returns why nothing happened, as a sentence; empty: it did; null: no act of this page, or not asked here. */
export function applyAct(answer: Answer, act: string, index: number, strength?: Strength): string | null {
  const { order } = answer;
  const zone = order.zoneOf(index);
  if (act === "place" || (act === "toggle" && zone === "unplaced")) order.place(index);
  else if (act === "back" || act === "toggle") order.takeBack(index);
  else if (act === "refuse") zone === "unacceptable" ? order.takeBack(index) : order.refuse(index);
  else if (act === "below") return leaveBelow(answer, index);
  else if (act === "strength") return sayStrength(answer, index, strength);
  else if (act === "up" || act === "down" || act === "tie") return move(answer, act, index);
  else return null;
  return "";
}

/** Which boundary lies above the group of an answer; -1: none. */
export function boundaryAbove(answer: Answer, index: number): number {
  return Math.max(answer.order.groups.findIndex((group) => group.includes(index)), 0) - 1;
}

function move(answer: Answer, act: "up" | "down" | "tie", index: number): string {
  if (answer.order.zoneOf(index) !== "ranked") return t("ranking.not_in_order");
  return answer.order[act](index) ? "" : `${t("ranking.stays")} ${whereIs(answer, index)}`;
}

function leaveBelow(answer: Answer, index: number): string | null {
  if (answer.asked.topM === null) return null;
  if (answer.order.zoneOf(index) === "unranked") answer.order.takeBack(index);
  else answer.order.leaveBelow(index);
  return "";
}

function sayStrength(answer: Answer, index: number, strength?: Strength): string | null {
  if (!answer.asked.strength) return null;
  const at = boundaryAbove(answer, index);
  if (at < 0) return t("ranking.nothing_above");
  if (strength) answer.setStrength(at, strength);
  else answer.stepStrength(at);
  return "";
}
