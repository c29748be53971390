/** One sample looked at closely or presented, what a map shows in words, and the keys. */

import type { Text } from "../en";
import { quoted } from "./words";

const share = (words: string): string => words.replace(" %", "%");

export const mapText: Text["mapText"] = {
  ninths: ["左上", "中上", "右上", "左中", "中央", "右中", "左下", "中下", "右下"],
  kinds: { all: "归因", positive: "正向归因", negative: "负向归因" },
  lies: (percent, kind, where) => `${percent}% 的${kind}位于图像九宫格的${where}格`,
  then: (percent, where) => `，${percent}% 位于${where}格`,
  spread: (kind, percent) => `${kind}分布于整幅图像：九宫格中没有一格超过 ${percent}%`,
  signs: (positive, negative) =>
    positive === negative
      ? `；正值和负值都主要位于${positive}格`
      : `；正值主要位于${positive}格，负值主要位于${negative}格`,
  onlyPositive: "；所有值均为正",
  onlyNegative: "；所有值均为负",
  nothing: "此热力图中的值均为 0",
  units: (n, largest) => `${n} 个单元；最大的是：${largest}`,
  unit: (index, value) => `单元 ${index}，${value}`,
  end: "。",

  places: { pixel: "像素", area: "区域", word: "词", line: "条形" },
  onePlace: { pixel: "像素", area: "区域", word: "词", line: "条形" },
  colours: {
    "red-blue": ["红色", "蓝色"],
    "green-red": ["绿色", "红色"],
    "blue-red": ["蓝色", "红色"],
  },
  score: (name) => (name === null ? "输出值" : `${quoted(name)}的得分`),
  unitScore: (unit, layer) => `层 ${layer} 的单元 ${unit}`,
  raisedLowered: (raises, lowers, places, score) => `${raises}${places}提高了${score}，${lowers}${places}降低了它。`,
  onlyRaised: (raises, places, score) => `${raises}${places}提高了${score}；没有降低它的部分。`,
  onlyLowered: (lowers, places, score) => `${lowers}${places}降低了${score}；没有提高它的部分。`,
  shownRaised: (raises, places, score) => `${raises}${places}提高了${score}；降低它的部分未绘制。`,
  shownLowered: (lowers, places, score) => `${lowers}${places}降低了${score}；提高它的部分未绘制。`,
  strength: {
    mattered: (more, place, score) => `${place}${more}，对${score}的影响就越大，不论方向。`,
    raised: (more, place, score) => `${place}${more}，对${score}的提高就越多；降低它的部分未绘制。`,
    lowered: (more, place, score) => `${place}${more}，对${score}的降低就越多；提高它的部分未绘制。`,
  },
  more: {
    "red-blue": "越红",
    "green-red": "越绿",
    "blue-red": "越蓝",
    "white-black": "越深",
    viridis: "越接近黄色",
    inferno: "越接近黄色",
    cividis: "越接近黄色",
  },
  brighter: "越亮",
  values: (layer, positive, negative) => `层 ${layer} 的正值为${positive}，负值为${negative}。`,
  magnitudes: (layer, more) => `区域${more}，层 ${layer} 在该处的值离 0 就越远。`,
};

export const detail: Text["detail"] = {
  open: "仔细查看",
  openOwn: (name) => `仔细查看 ${name}`,
  openSample: (index) => `仔细查看样本 ${index}`,
  title: (index) => `样本 ${index}`,
  back: "所有样本",
  previous: "上一个样本",
  next: "下一个样本",
  present: "演示",
  loading: "正在加载样本…",
  missing: (index) => (index === null ? "此位置没有样本。" : `样本 ${index} 不在符合排序和筛选条件的样本之中。`),
  absent: (index) => `数据集中没有样本 ${index}。`,
  showAnyway: "按数据集顺序显示",
  predictionsOf: (model) => `${model} 的预测`,
  className: "类别",
  output: "原始输出",
  surface: (panel) => `${panel}。方向键移动光标并读取数值，按住 Shift 绘制矩形，Esc 取消矩形。`,
  readout: {
    region: "光标处的值",
    hint: "指向热力图即可读取数值；拖动可测量矩形。也可使用方向键，按住 Shift 绘制矩形。",
    at: (x, y) => `x ${x}，y ${y}`,
    cell: (x, y, width, height) => `${width} × ${height} 中的格 ${x}，${y}`,
    rank: (of) => `大于热力图的 ${share(of)}`,
  },
  rectangle: {
    title: "矩形",
    hint: "在热力图上拖动，或聚焦后按住 Shift 和方向键，查看矩形内所占的比例。",
    bounds: (left, right, top, bottom) => `x ${left}–${right}，y ${top}–${bottom}`,
    absolute: "占幅值",
    signed: "占总和",
    noSum: "各值之和为 0",
    area: "占面积",
    times: (factor) => `幅值是均匀分布时该面积应有幅值的 ${factor} 倍`,
    clear: "清除矩形",
  },
  evidence: {
    title: "真实依据",
    words: "真正决定类别的像素所占",
  },
  distribution: {
    title: "数值分布",
    label: (total, low, high) => `${total} 个值的直方图，从 ${low} 到 ${high}；柱高为对数`,
    count: (n) => `每柱至多 ${n} 个，对数刻度`,
    limit: "色标止于虚线处",
  },
  balance: {
    title: "正负比例",
    positive: "提高",
    negative: "降低",
    positiveValues: "正值",
    negativeValues: "负值",
    net: (sum) => `各值之和为 ${sum}。`,
  },
  baseline: {
    title: "基线",
    image: (name) => `${name}基线的图像`,
    output: (what, baseline, image) => `${what}在基线上为 ${baseline}，在样本上为 ${image}。`,
    theOutput: (name) => (name === null ? "输出" : `${quoted(name)}的输出`),
    theScore: (score, name) => {
      const what = score === "probability" ? "概率" : score;
      return name === null ? what : `${quoted(name)}的${what}`;
    },
    distribution: (n) => `与数据集的 ${n} 个样本比较，而非单一基线。`,
  },
  completeness: {
    title: "完备性",
    explains: (of) => `解释了得分差的 ${share(of)}。`,
    gap: (of) => `与得分差相差其 ${share(of)}。`,
    none: "得分与基线的得分没有差别。",
    sum: (sum, difference) => `各值之和为 ${sum}；得分差为 ${difference}。`,
    delta: (delta) => `收敛误差 ${delta}。`,
    promise: "此方法不保证各值之和等于得分。",
    raise: "增大 n_steps 可缩小缺口。",
  },
  channels: {
    title: "通道",
    units: "单元",
    sum: "全部之和",
    channel: (index) => `通道 ${index}`,
    unit: (index) => `单元 ${index}`,
    of: (place, total) => `按幅值 ${total} 个中的第 ${place} 个`,
    share: (of) => `占幅值的 ${share(of)}`,
    previous: "上一通道",
    next: "下一通道",
    shown: (n, total) => `${total} 个中最大的 ${n} 个`,
    all: (n) => `全部 ${n} 个，从大到小`,
    more: (n) => `再显示 ${n} 个`,
    explain: (index) => `用以下方法解释此层的单元 ${index}`,
    explainChannel: (index) => `用以下方法解释此层的通道 ${index}`,
    pick: "选择一个单元，用神经元方法解释它。",
    failed: "无法加载通道。",
    loading: "正在加载通道…",
  },
};

export const present: Text["present"] = {
  region: "演示视图",
  closely: "仔细查看",
  fullScreen: "全屏",
  leaveFullScreen: "退出全屏",
  fetch: "按回车解释此预测",
};

export const shortcuts: Text["shortcuts"] = {
  title: "按键",
  open: "键盘快捷键",
  note: "在输入框中输入时，按键不起作用。",
  groups: { anywhere: "任何位置", samples: "样本", drawing: "绘制", map: "近看时的热力图" },
  names: {
    fetch: "计算归因",
    escape: "取消正在进行的计算，否则关闭",
    next: "下一个样本或下一页",
    previous: "上一个样本或上一页",
    panel: "显示或隐藏图块，从原图到遮罩",
    detail: "仔细查看",
    present: "演示",
    shared: "统一色标",
    evidence: "真实依据",
    zoomIn: "放大所有图像",
    zoomOut: "缩小所有图像",
    zoomReset: "显示整幅图像",
    theme: "浅色或深色",
    goTo: "跳到编号",
    help: "此列表",
  },
  keys: { Enter: "回车", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→" },
  or: "或",
  to: "到",
  map: [
    { keys: "← ↑ ↓ →", does: "移动光标并读取数值" },
    { keys: "Shift ← → …", does: "绘制矩形" },
    { keys: "PgUp PgDn", does: "上移或下移十行" },
    { keys: "Home End", does: "到左边界或右边界" },
  ],
  hint: "按 ? 查看按键；点击某个类别即可改为解释它。",
  dismissHint: "关闭此提示",
};
