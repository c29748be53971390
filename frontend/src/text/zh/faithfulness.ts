/** The checks of a map. */

import type { Text } from "../en";
import { quoted } from "./words";

export const faithfulness: Text["faithfulness"] = {
  open: "此热力图忠实吗？",
  title: "此热力图忠实吗？",
  about: (map, sample) => `${map}，${sample}`,
  beforeReload: "计算此热力图之后，模型已重新加载。请重新计算，再检查新的热力图。",
  run: "运行",
  again: "重新运行",
  cost: (evaluations) => `${evaluations} 次模型计算`,
  stored: "已有存储结果",
  waiting: "正在等待模型…",
  running: "正在运行…",
  progress: (check) => `进度：${check}`,
  cancel: "取消",
  failed: "检查失败。",
  refused: "无法这样检查此热力图。",
  loading: "正在加载结果…",

  curves: {
    title: "移除和恢复方块",
    about:
      "按热力图的排序，先替换图像中排名最高的方块，每一步都询问模型。" +
      "如果热力图正确，移除时（删除曲线）值会很快下降，从零开始恢复时（插入曲线）值会很快上升。",
    controls: (orders) => `旁边是两种与模型无关的顺序：图像的边缘，以及 ${orders} 个随机顺序及其离散程度。`,
    fill: "替换为",
    quantity: "观察",
    output: (target) => (target === null ? "输出" : `${quoted(target)}的输出`),
    score: (name, target) => {
      const what = name === "probability" ? "概率" : name;
      return target === null ? what : `${quoted(target)}的${what}`;
    },
    names: { map: "此热力图", edges: "边缘", random: "随机" },
    kinds: { deletion: "删除", insertion: "插入" },
    goal: { deletion: "越低越好", insertion: "越高越好" },
    axis: { deletion: "已移除的方块", insertion: "已恢复的方块" },
    area: "曲线下面积",
    order: "顺序",
    share: (percent) => `${percent}%`,
    plusMinus: (value, spread) => `${value} ± ${spread}`,
    at: {
      deletion: (percent) => `已移除 ${percent}%`,
      insertion: (percent) => `已恢复 ${percent}%`,
    },
    point: (name, value) => `${name} ${value}`,
    chart: (kind, points) => `${kind}曲线。面积：${points}。`,
    explore: (kind) => `读取${kind}曲线在某一方块比例处的值`,
    table: "以表格显示数值",
    verdicts: {
      better: "优于随机顺序，也优于边缘。",
      edges: "优于随机顺序，但图像的边缘同样好或更好。",
      alike: "不优于随机顺序。",
      worse: "比随机顺序差。",
    },
  },

  random: {
    title: "忘掉权重",
    about:
      "对权重随机化的模型副本计算同一热力图：先随机化最后几层，最后随机化全部。" +
      "如果热力图保持不变，它显示的就是输入，而不是模型学到的内容。",
    reference: "Adebayo et al. (2018)",
    original: "原模型",
    stage: (random, of) => (random === of ? "所有层随机" : `${of} 层中 ${random} 层随机`),
    layers: "自此阶段起随机",
    own: "（模型自身）",
    signed: "带符号",
    absolute: "绝对值",
    similarity: "与原热力图的秩相关",
    value: (value) => value ?? "无：恒定",
    verdicts: {
      hardly: "权重随机化后热力图几乎不变：它显示的是输入，而不是模型。",
      partly: "权重随机化后热力图大体保持原形：其中一部分显示的是输入，而不是模型。",
      changes: "权重随机化后热力图随之改变：它取决于模型学到的内容。",
      unknown: "其中一张热力图恒定，因此无法判断。",
    },
    whereNotWhat: "不过，强弱分布仍跟随输入；提高还是降低输出则取决于模型。",
  },
};
