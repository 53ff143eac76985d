// Tells when this machine changed its way to the network: another Wi-Fi, mobile data, back after a cut.

/** Not in every browser, hence not in every type library. */
type NetworkInformation = EventTarget & { type?: string };
const information = () => (navigator as { connection?: NetworkInformation }).connection;

export class NetworkWatch {
  #kind = information()?.type;

  constructor(private readonly changed: () => void) {}

  start(): void {
    addEventListener("online", this.changed);
    addEventListener("offline", this.changed);
    information()?.addEventListener("change", this.#look);
  }

  stop(): void {
    removeEventListener("online", this.changed);
    removeEventListener("offline", this.changed);
    information()?.removeEventListener("change", this.#look);
  }

  /** From Wi-Fi to mobile data and back; browsers that cannot tell say nothing. */
  #look = () => {
    const kind = information()?.type;
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.changed();
  };
}
