/** The columns of the grid, and what is common to them. */

import type { Text } from "../en";

const sentenceList = new Intl.ListFormat("zh");

export const columns: Text["columns"] = {
  region: "列",
  targets: { predicted: "预测类别", runner_up: "第二预测", label: "真实标签" },
  quantities: { output: "原始输出", score: "得分" },
  remove: (title) => `移除“${title}”`,
  refused: (reason) => `设置被拒绝：${reason}`,
  compare: "对比…",
  most: (n) => `最多 ${n} 列。`,
  differs: (title) => `与“${title}”相同，但换成`,
  kinds: { method: "另一种方法", layer: "另一层", target: "另一目标", model: "另一模型" },
  search: "输入以搜索",
  nothing: "没有匹配的名称",
  copy: "完全相同，随后在设置中修改",
  together: "同时更改所有列",
  togetherHelp: "下面的更改适用于所有相关的列；各列保留自己的模型。",
  about: (title) => `“${title}”的设置`,
  zoom: {
    region: "所有图像的缩放",
    in: "放大",
    out: "缩小",
    reset: "显示整幅图像",
    level: (factor) => `${factor} ×`,
    help: "所有图像同步缩放和移动：Ctrl 加滚轮、双指捏合，或按 + − 0；拖动可平移。",
  },
  cursor: {
    at: (x, y) => `x ${x}，y ${y}`,
    surface: (name) => `${name}。用方向键移动光标，读取每一列在该处的值。`,
  },
  agreement: {
    reference: "参照列",
    correlation: (value) => `ρ ${value}`,
    overlap: (share) => `前 10 %：${share}`,
    mean: (n) => `${n} 个样本的平均`,
    help: (reference) =>
      `与“${reference}”比较。ρ 是两幅图逐处取值的斯皮尔曼秩相关系数；若其中一幅没有符号，则比较绝对值。“前 10 %”是两幅图中绝对值最大的十分之一像素的重合比例；边界处绝对值相等的像素按比例计入。大小不同的图先按绘制方式放大到图像大小。`,
    constant: "其中一幅图处处相同，没有秩可比",
    nonFinite: "其中一幅图含有非有限值",
    units: "层的单元在图像中没有位置，无法比较",
    missing: "需先计算两幅图",
    undefined: "–",
  },
  scale: {
    columns: "每列一个色标",
    groups: "可比较的列共用色标",
    helpColumns: "这些列互相不可比较，因此各列的所有样本共用自己的色标",
    helpGroups: (groups) => `可比较、共用一个色标的列：${groups}。其余各列用自己的色标`,
    group: (titles) => sentenceList.format(titles),
    own: "每幅图都有自己的色标。",
    one: "所有图共用一个色标。",
    each: "每列的所有样本共用一个色标；各列的单位不可比较。",
    some: (groups) => `${groups}共用一个色标；其余各列用自己的色标。`,
  },
};
