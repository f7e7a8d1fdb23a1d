/** One line chart as SVG: a logarithmic x axis, a y axis from zero, points with the range of their rounds. */
import { formatNumber } from './table.ts'

/** A median with the smallest and the largest of its rounds. */
export interface ChartPoint {
  /** Above zero. */
  readonly x: number
  readonly y: number
  readonly min: number
  readonly max: number
}

/** What a chart shows. Labels name their unit. */
export interface Chart {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  /** At least one; drawn from left to right. */
  readonly points: readonly ChartPoint[]
  /** A horizontal line that figures should keep to. */
  readonly bar?: { readonly y: number; readonly label: string }
  /** Below the chart: where and when. Broken into lines at `, `. */
  readonly footer: string
}

const WIDTH = 760
const HEIGHT = 484
const PLOT = { left: 96, right: 724, top: 64, bottom: 372 } as const
const FOOTER_CHARACTERS = 112
const Y_TICKS = 5
/** Of the figure beside a point, at most. */
const VALUE_WIDTH = 56
/** How far the plot reaches beyond the first and last points, in powers of ten. */
const X_MARGIN = 0.12
/** Room above the highest figure for its label. */
const Y_MARGIN = 1.12

const STYLE = `text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #57606a } .value { font-size: 12px; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }
.axis { stroke: #57606a; stroke-width: 1 } .grid { stroke: #d8dee4; stroke-width: 1 }
.line { fill: none; stroke: #0550ae; stroke-width: 2 } .range { stroke: #0550ae; stroke-width: 1.5 } .point { fill: #0550ae }
.bar { stroke: #9a6700; stroke-width: 1.5; stroke-dasharray: 6 4 } .bar-label { font-size: 12px; fill: #9a6700 }`

/** Where a value stands in the picture. */
interface Scales {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

/** A document of its own; `<desc>` holds the figures as a table. Throws RangeError without points, or for an x that is not above zero. */
export function drawChart(chart: Chart): string {
  const { points } = chart
  if (points.length === 0 || points.some(({ x }) => !(x > 0))) {
    throw new RangeError('expected points, each with an x above zero')
  }
  const yTicks = linearTicks(Math.max(...points.map(({ max }) => max), chart.bar?.y ?? 0) * Y_MARGIN)
  const scales = makeScales(points, yTicks.at(-1) ?? 1)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(chart.title)}</title>`,
    `<desc id="desc">${escapeXml(dataTable(chart))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text({ x: PLOT.left, y: 32, class: 'title' }, chart.title),
    ...yAxis(yTicks, scales, chart.yLabel),
    ...xAxis(points, scales, chart.xLabel),
    ...barLine(chart.bar, scales),
    ...dataMarks(points, scales),
    ...footerLines(chart.footer),
    '</svg>',
    '',
  ].join('\n')
}

function makeScales(points: readonly ChartPoint[], yMax: number): Scales {
  const logs = points.map(({ x }) => Math.log10(x))
  const low = Math.min(...logs) - X_MARGIN
  const high = Math.max(...logs) + X_MARGIN
  return {
    x: (value) => PLOT.left + ((Math.log10(value) - low) / (high - low)) * (PLOT.right - PLOT.left),
    y: (value) => PLOT.bottom - (value / yMax) * (PLOT.bottom - PLOT.top),
  }
}

/** Round numbers from zero to the first one that is not below `max`: steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(max: number): readonly number[] {
  if (!(max > 0)) return [0, 1]
  const raw = max / Y_TICKS
  const power = 10 ** Math.floor(Math.log10(raw))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw * (1 - 1e-9)) ?? 10
  const step = factor * power
  const count = Math.ceil(max / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

function yAxis(ticks: readonly number[], scales: Scales, label: string): readonly string[] {
  const middle = (PLOT.top + PLOT.bottom) / 2
  return [
    ...ticks.flatMap((tick) => [
      line('grid', { x1: PLOT.left, x2: PLOT.right, y1: scales.y(tick), y2: scales.y(tick) }),
      text({ x: PLOT.left - 8, y: scales.y(tick) + 4, anchor: 'end' }, formatNumber(tick)),
    ]),
    line('axis', { x1: PLOT.left, x2: PLOT.left, y1: PLOT.top, y2: PLOT.bottom }),
    `<text transform="translate(22 ${at(middle)}) rotate(-90)" text-anchor="middle">${escapeXml(label)}</text>`,
  ]
}

/** A tick at each point: the sizes that were measured. */
function xAxis(points: readonly ChartPoint[], scales: Scales, label: string): readonly string[] {
  return [
    line('axis', { x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom }),
    ...points.flatMap(({ x }) => [
      line('axis', { x1: scales.x(x), x2: scales.x(x), y1: PLOT.bottom, y2: PLOT.bottom + 5 }),
      text({ x: scales.x(x), y: PLOT.bottom + 20, anchor: 'middle' }, formatNumber(x)),
    ]),
    text({ x: (PLOT.left + PLOT.right) / 2, y: PLOT.bottom + 44, anchor: 'middle' }, `${label} (logarithmic)`),
  ]
}

function barLine(bar: Chart['bar'], scales: Scales): readonly string[] {
  if (bar === undefined) return []
  const y = scales.y(bar.y)
  const sample = PLOT.top - 16
  return [
    line('bar', { x1: PLOT.left, x2: PLOT.right, y1: y, y2: y }),
    line('bar', { x1: PLOT.left, x2: PLOT.left + 34, y1: sample, y2: sample }),
    text({ x: PLOT.left + 42, y: sample + 4, class: 'bar-label' }, bar.label),
  ]
}

function dataMarks(points: readonly ChartPoint[], scales: Scales): readonly string[] {
  const sorted = [...points].sort((left, right) => left.x - right.x)
  const path = sorted.map(({ x, y }) => `${at(scales.x(x))},${at(scales.y(y))}`).join(' ')
  return [
    `<polyline class="line" points="${path}"/>`,
    ...sorted.flatMap(({ x, y, min, max }) => {
      const px = scales.x(x)
      return [
        line('range', { x1: px, x2: px, y1: scales.y(min), y2: scales.y(max) }),
        line('range', { x1: px - 4, x2: px + 4, y1: scales.y(min), y2: scales.y(min) }),
        line('range', { x1: px - 4, x2: px + 4, y1: scales.y(max), y2: scales.y(max) }),
        `<circle class="point" cx="${at(px)}" cy="${at(scales.y(y))}" r="4"/>`,
        text(valuePlace(px, scales.y(y)), shortNumber(y)),
      ]
    }),
  ]
}

/** Above a point and beside its whisker, on the side where the picture has room. */
function valuePlace(x: number, y: number): Place {
  const place = { y: y - 9, class: 'value' }
  return x + VALUE_WIDTH > PLOT.right ? { ...place, x: x - 7, anchor: 'end' } : { ...place, x: x + 7 }
}

/** Beside a point three digits are enough; the table in `<desc>` has them all. */
function shortNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

function footerLines(footer: string): readonly string[] {
  const words = `points are medians, whiskers the smallest and largest round; ${footer}`.split(/(?<=[,;]) /)
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= FOOTER_CHARACTERS) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((part, index) => text({ x: 22, y: HEIGHT - 44 + index * 16, class: 'small' }, part))
}

/** The figures for those who do not see the picture. */
function dataTable({ xLabel, yLabel, points, bar }: Chart): string {
  const rows = points.map(({ x, y, min, max }) => [x, y, min, max].map(formatNumber).join(' | '))
  const below = bar === undefined ? [] : [`${bar.label}: ${formatNumber(bar.y)}`]
  return [`${xLabel} | ${yLabel}, median | smallest | largest`, ...rows, ...below].join('\n')
}

interface Place {
  readonly x: number
  readonly y: number
  readonly anchor?: 'middle' | 'end'
  readonly class?: string
}

function text(place: Place, content: string): string {
  const anchor = place.anchor === undefined ? '' : ` text-anchor="${place.anchor}"`
  const named = place.class === undefined ? '' : ` class="${place.class}"`
  return `<text x="${at(place.x)}" y="${at(place.y)}"${anchor}${named}>${escapeXml(content)}</text>`
}

function line(name: string, ends: Readonly<Record<'x1' | 'x2' | 'y1' | 'y2', number>>): string {
  const { x1, x2, y1, y2 } = ends
  return `<line class="${name}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`
}

/** A tenth of a pixel is enough, and keeps files of equal figures equal. */
function at(pixels: number): string {
  return String(Number(pixels.toFixed(1)))
}

/** Text as XML may hold it: characters that XML forbids are left out. */
export function escapeXml(content: string): string {
  return content
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
