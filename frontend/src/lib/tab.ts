/** The name of this tab, the same after a reload. Short: a slow link carries it every minute. */
export function tabId(): string {
  let id = sessionStorage.getItem("byhand.tab");
  if (!id) {
    id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("byhand.tab", id);
  }
  return id;
}
