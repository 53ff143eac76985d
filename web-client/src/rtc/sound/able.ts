/** Whether this browser can hear and speak by the page's own socket. */
export const soundBySocket = () =>
  typeof AudioDecoder === "function" &&
  typeof AudioEncoder === "function" &&
  typeof AudioWorkletNode === "function";
