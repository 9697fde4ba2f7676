// The design system, for all three faces: buyer, back office, door.
export { Announcer } from './announcer.ts';
export { Button, type ButtonKind } from './button.ts';
export { Chip } from './chip.ts';
export { Countdown } from './countdown.ts';
export { Dialog } from './dialog.ts';
export { Field, Input } from './field.ts';
export { Icon, type IconName } from './icon.ts';
export { Mark } from './mark.ts';
export { Poster } from './poster.ts';
export { Progress } from './progress.ts';
export { RatingMark } from './rating-mark.ts';
export { Empty, Failure, Stale } from './state.ts';
export { Stepper } from './stepper.ts';
export { Steps } from './steps.ts';
export { Theme, type ThemeName } from './theme.ts';
export { type ToastKind, ToastOutlet, Toasts } from './toasts.ts';
