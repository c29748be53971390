/** Classes against each other, and steps from layer to layer. */

export const target = {
  rather: (name: string, rival: string) => `${name} rather than ${rival}`,
  ratherThan: "Rather than",
  alone: "nothing: the class by itself",
  runnerUp: "Second prediction",
  againstRunnerUp: "Predicted rather than second",
  swap: "Swap the two classes",
  versus: "vs",
  explainRather: (name: string, rival: string) => `Explain ${name} rather than ${rival}`,
  narrow: (n: number) => `Type to narrow ${n} classes.`,
  layerUp: (model: string) => `Previous layer of ${model}`,
  layerDown: (model: string) => `Next layer of ${model}`,
};
