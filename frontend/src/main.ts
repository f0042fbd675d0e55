// Starts Stimulus with the controllers that the page names; ranking_keys_controller.ts is "ranking-keys". A page
// fetches no other: charts never weigh on the ranking page. Pages work before this runs; controllers only add.
import { Application, type ControllerConstructor } from "@hotwired/stimulus";

import { identifierOf } from "./identifier";

type Module = { default: ControllerConstructor };

const modules = import.meta.glob<Module>("./controllers/*_controller.ts");

async function start(): Promise<void> {
  const named = Object.entries(modules)
    .map(([path, load]) => ({ name: identifierOf(path), load }))
    .filter(({ name }) => document.querySelector(`[data-controller~="${name}"]`) !== null);
  // all are fetched before the first is registered, so that none misses what another one tells
  const loaded = await Promise.all(named.map(async ({ name, load }) => ({ name, module: await patiently(load) })));
  const application = Application.start();
  for (const { name, module } of loaded) application.register(name, module.default);
}

/** A poor link loses scripts as well: ask again a few times. Without them the page stays a plain form. */
async function patiently(load: () => Promise<Module>, tries = 4): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return patiently(load, tries - 1);
  }
}

void start();
