// Charts for staff pages, apart from ui/index.ts so that buyers never load them. Words: backOffice.charts.
export { BarsAndLine } from './bars-and-line.ts';
export { HeatStrip, type HeatCell, type HeatRow } from './heat-strip.ts';
export { Meter } from './meter.ts';
