/** Return the Stimulus identifier of a controller's file: "./controllers/ranking_keys_controller.ts" is "ranking-keys". */
export function identifierOf(path: string): string {
  const name = /([a-z0-9_]+)_controller\.ts$/.exec(path)?.[1];
  if (name === undefined) throw new Error(`${path} is not named <name>_controller.ts`);
  return name.replaceAll("_", "-");
}
