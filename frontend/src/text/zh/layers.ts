/** Choosing a layer, and stepping from one to the next. */

import type { Text } from "../en";

export const layers: Text["layers"] = {
  default: "默认",
  defaultFor: { convolution: "默认：最后一个卷积", attention: "默认：最后一个注意力" },
  none: "未选择",
  search: "按名称或类型搜索",
  tree: (model) => `${model} 的各层`,
  found: (found, of) => (found === of ? `共 ${of} 层` : `${of} 层中的 ${found} 层`),
  noneFound: "没有此名称或类型的层",
  noPositions: "没有空间位置，因此没有归因图。",
  up: (model) => `${model} 的上一层`,
  down: (model) => `${model} 的下一层`,
  slow: (time) => `此层需要${time}：请按“计算归因”。`,
};
