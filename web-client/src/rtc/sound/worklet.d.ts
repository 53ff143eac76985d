// What the library of TypeScript does not know of audio worklets.
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Samples since the context began, and in a second. */
declare const currentFrame: number;
declare const sampleRate: number;
