import { resolve } from 'node:path';
import { Type } from 'typebox';
import { readConfig, Switch } from '#platform/config';
import { databaseGroup, mailGroup, paymentGroup, portGroup, processGroup, ruleGroup, secretGroup } from '../config.ts';

const madeByTheLaptop = Type.Partial(
  Type.Object({
    ...databaseGroup,
    ...paymentGroup,
    ...mailGroup,
    ...secretGroup,
    PUBLIC_URL: processGroup.PUBLIC_URL,
  }),
);

/** Every setting may be left out: what a laptop needs is made at the first start. */
export const laptopSettings = Type.Object({
  ...madeByTheLaptop.properties,
  ...portGroup,
  ...ruleGroup,
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], { default: 'warn' }),
  API_HOST: Type.String({ default: '127.0.0.1' }),
  API_PROCESSES: Type.Integer({
    minimum: 1,
    maximum: 8,
    default: 1,
    description: 'On API_PORT and the ports after it',
  }),
  TRUST_PROXY: Switch(false),
  DATABASE_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: '0 takes a free one' }),
  DATA_DIR: Type.String({ default: '.data' }),
  DEMO: Switch(true),
  WEB_BUILD: Switch(true),
});

export type LaptopSettings = ReturnType<typeof readLaptopSettings>;

export function readLaptopSettings(root: string, env: Record<string, string | undefined> = process.env) {
  const settings = { ...readConfig(laptopSettings, env) };
  // Their defaults are those of production; what nobody set is the laptop's own choice.
  for (const name of Object.keys(madeByTheLaptop.properties) as (keyof typeof madeByTheLaptop.properties)[]) {
    if (!env[name]?.trim()) delete settings[name];
  }
  return Object.freeze({ ...settings, DATA_DIR: resolve(root, settings.DATA_DIR) });
}

/** Adds what stands in the file .env of `root`, if there is one; the environment itself wins. */
export function loadEnvFile(root: string): void {
  try {
    process.loadEnvFile(resolve(root, '.env'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

export const isStartedByNpm = (): boolean => process.env['npm_lifecycle_event'] !== undefined;

/** What a child needs of our own environment to run at all, whatever the settings are. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'SystemRoot', 'NODE_OPTIONS', 'FORCE_COLOR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
