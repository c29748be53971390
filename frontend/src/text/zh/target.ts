/** Classes against each other. */

import type { Text } from "../en";

export const target: Text["target"] = {
  rather: (name, rival) => `${name}而非${rival}`,
  ratherThan: "而非",
  alone: "无：只看该类别",
  runnerUp: "第二预测",
  againstRunnerUp: "预测类别而非第二预测",
  swap: "交换两个类别",
  versus: "对比",
  explainRather: (name, rival) => `解释${name}而非${rival}`,
  narrow: (n) => `共 ${n} 个类别，请输入名称或编号查找。`,
};
