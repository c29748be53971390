/** Classes against each other. */

export const target = {
  rather: (name: string, rival: string) => `${name} rather than ${rival}`,
  ratherThan: "Rather than",
  alone: "nothing: the class by itself",
  runnerUp: "Second prediction",
  againstRunnerUp: "Predicted rather than second",
  swap: "Swap the two classes",
  versus: "vs",
  explainRather: (name: string, rival: string) => `Explain ${name} rather than ${rival}`,
  narrow: (n: number) => `Type a name or a number to find one of ${n} classes.`,
};
