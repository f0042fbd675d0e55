/**
 * The fields of the form that work without scripts: read when the page opens, since a refused form comes back filled,
 * and written at every act, so that the form says what the page shows. The names are those of annotation/ranking_form.py.
 */
import type { Answer, AnswerJson, Strength } from "./answer";

export function readFields(form: HTMLFormElement, answer: Answer, indexes: readonly number[]): Partial<AnswerJson> {
  const numbers = indexes.map((index) => [index, Number(value(form, `rank_${index}`))] as const);
  const ranks = [...new Set(numbers.map(([, rank]) => rank))].filter((rank) => rank > 0).sort((a, b) => a - b);
  const groups = ranks.map((wanted) => numbers.filter(([, rank]) => rank === wanted).map(([index]) => index));
  const unacceptable = indexes.filter((index) => box(form, `unacceptable_${index}`)?.checked && !groups.flat().includes(index));
  const named = new Set([...groups.flat(), ...unacceptable]);
  const sorted = [...indexes].sort((a, b) => a - b);
  return {
    groups,
    unacceptable,
    unranked: box(form, "rest_below")?.checked ? indexes.filter((index) => !named.has(index)) : [],
    strengths: groups.slice(0, -1).map((group) => (value(form, `strength_${group[0]}`) || null) as Strength | null),
    ratings: Object.fromEntries(answer.asked.dimensions.map((name) => [name, sorted.map((index) => rated(form, name, index))])),
    flags: flagBoxes(form).filter((flag) => flag.checked).map((flag) => flagOf(flag)),
  };
}

export function writeFields(form: HTMLFormElement, answer: Answer, indexes: readonly number[]): void {
  const { order } = answer;
  const ranks = new Map(order.order().map(({ index, rank }) => [index, String(rank)]));
  for (const index of indexes) {
    box(form, `rank_${index}`)!.value = ranks.get(index) ?? "";
    box(form, `unacceptable_${index}`)!.checked = order.unacceptable.includes(index);
    for (const name of answer.asked.dimensions) writeRating(form, `rating_${name}_${index}`, answer.rating(name, index));
    const strength = form.elements.namedItem(`strength_${index}`) as HTMLSelectElement | null;
    const at = order.groups.findIndex((group) => group.includes(index));
    if (strength) strength.value = at >= 0 && at < order.groups.length - 1 ? (answer.strengthAt(at) ?? "") : "";
  }
  const rest = box(form, "rest_below");
  if (rest) rest.checked = order.unranked.length > 0;
  for (const flag of flagBoxes(form)) {
    const { kind, completion } = flagOf(flag);
    flag.checked = answer.hasFlag(kind, completion);
  }
}

/** What a radio button of a rating is about: rating_<dimension>_<index>. */
export function ratingOf(radio: HTMLInputElement): { dimension: string; index: number } {
  const [, dimension = "", index = ""] = /^rating_(.+)_(\d+)$/.exec(radio.name) ?? [];
  return { dimension, index: Number(index) };
}

export function flagOf(flag: HTMLInputElement): { kind: string; completion: number | null } {
  const [kind = "", target = ""] = flag.value.split(":");
  return { kind, completion: target === "item" ? null : Number(target) };
}

function writeRating(form: HTMLFormElement, name: string, rating: number | null): void {
  for (const radio of form.elements.namedItem(name) as RadioNodeList) {
    const input = radio as HTMLInputElement;
    input.checked = Number(input.value) === rating;
  }
}

function rated(form: HTMLFormElement, name: string, index: number): number | null {
  return Number(value(form, `rating_${name}_${index}`)) || null;
}

function flagBoxes(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>("input[name=flag]")];
}

function value(form: HTMLFormElement, name: string): string {
  const field = form.elements.namedItem(name) as HTMLInputElement | RadioNodeList | null;
  return field?.value ?? "";
}

function box(form: HTMLFormElement, name: string): HTMLInputElement | null {
  return form.elements.namedItem(name) as HTMLInputElement | null;
}
