/** Functions of the engine that those call which the build adds. */
export const ENGINE_FUNCTIONS = [
  'QTS_bjson_decode',
  'QTS_Call',
  'QTS_FreeValuePointer',
  'QTS_ExecutePendingJob',
  'QTS_PromiseState',
  'QTS_PromiseResult',
  'QTS_bjson_encode',
] as const;
export type EngineFunction = (typeof ENGINE_FUNCTIONS)[number];

/** The names under which they are exported. */
export type EngineFunctions = Readonly<Record<EngineFunction, string>>;

/** The index of a function of the engine. */
export type IndexOf = (name: EngineFunction) => number;
