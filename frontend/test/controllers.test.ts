import { Application } from "@hotwired/stimulus";
import { afterEach, expect, test, vi } from "vitest";

import ConfirmController from "../src/controllers/confirm_controller";
import CopyController from "../src/controllers/copy_controller";
import EventsController from "../src/controllers/events_controller";

let application: Application;

async function show(markup: string): Promise<void> {
  document.body.replaceChildren(document.createRange().createContextualFragment(markup));
  application = Application.start();
  application.register("confirm", ConfirmController);
  application.register("copy", CopyController);
  application.register("events", EventsController);
  await vi.waitFor(() => expect(application.controllers.length).toBe(1));
}

afterEach(() => {
  application.stop();
  vi.unstubAllGlobals();
});

test("a form is sent only after a yes", async () => {
  await show('<form data-controller="confirm" data-action="submit->confirm#ask" data-confirm-text-value="Stop?"></form>');
  const form = document.querySelector("form");
  for (const [said, sent] of [[false, false], [true, true]] as const) {
    const ask = vi.fn(() => said);
    vi.stubGlobal("confirm", ask);
    window.confirm = ask;
    expect(form?.dispatchEvent(new Event("submit", { cancelable: true }))).toBe(sent);
    expect(ask).toHaveBeenCalledExactlyOnceWith("Stop?");
  }
});

test("the copy button shows itself and copies the text", async () => {
  const writeText = vi.fn(async () => undefined);
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  await show('<p data-controller="copy" data-copy-text-value="abc"><button hidden data-copy-target="button" data-action="copy#copy">Copy</button></p>');
  const button = document.querySelector("button");
  expect(button?.hidden).toBe(false);
  button?.click();
  await vi.waitFor(() => expect(button?.textContent).toBe("Copied"));
  expect(writeText).toHaveBeenCalledExactlyOnceWith("abc");
});

test("events of a job move its bar and reach the page as job:… events", async () => {
  vi.stubGlobal("EventSource", undefined);
  const job = { id: "j", kind: "train", state: "running", attempt: 1, max_attempts: 3, done: 3, total: 8, message: "update 3", error: "", cancel_requested: false };
  const events = [{ id: 7, kind: "metrics", at: "", data: { kl: 1 } }];
  vi.stubGlobal("fetch", vi.fn(async () => new Response(JSON.stringify({ job, events, ended: true }))));
  const heard: [string, unknown][] = [];
  for (const name of ["job:metrics", "job:state", "job:end"]) {
    document.addEventListener(name, (e) => heard.push([name, (e as CustomEvent).detail]), { once: true });
  }
  await show('<div data-controller="events" data-events-poll-value="/p"><progress data-events-target="bar"></progress><i data-events-target="count"></i><b data-events-target="message"></b><em data-events-target="state"></em></div>');
  await vi.waitFor(() => expect(heard.length).toBe(3));
  expect(heard).toEqual([["job:metrics", events[0]], ["job:state", job], ["job:end", {}]]);
  const bar = document.querySelector("progress");
  expect([bar?.value, bar?.max]).toEqual([3, 8]);
  expect(document.querySelector("i")?.textContent).toBe("3 of 8");
  expect(document.querySelector("em")?.textContent).toBe("Running");
  expect(document.querySelector("b")?.textContent).toBe("update 3");
});
