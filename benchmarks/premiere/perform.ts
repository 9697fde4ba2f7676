import { cpus } from 'node:os';
import { durability, printSettings } from '../durability.ts';
import { openPremiere, type Premiere } from './house.ts';
import { printProfiles } from './print-profile.ts';

/** What every benchmark of the premiere lets one choose. */
export const HOUSE_OPTIONS = {
  /** API processes; requests of one screening go to one of them. */
  apis: { type: 'string', default: '2' },
  screenings: { type: 'string', default: '1000' },
  buyers: { type: 'string', default: '60000' },
  /** A hold ends so soon that its seats can be held again within the run. */
  'hold-seconds': { type: 'string', default: '2' },
  /** The generator on a processor of its own, the house on the others. */
  apart: { type: 'boolean', default: false },
  /** One more API process, for everything but the rush. */
  quiet: { type: 'boolean', default: false },
  /** The delivered haproxy or nginx (infra/) before the processes; it must be installed. */
  proxy: { type: 'string' },
  /** A folder for a profile of each API process: of its `cpu`, of all its `allocations`, or of the `survivors` of these. */
  profile: { type: 'string' },
  'profile-of': { type: 'string', default: 'cpu' },
} as const;

type Values = {
  screenings: string;
  buyers: string;
  'hold-seconds': string;
  apis: string;
  apart: boolean;
  quiet: boolean;
  proxy?: string | undefined;
  profile?: string | undefined;
  'profile-of': string;
};

/** Opens the house, prints the settings, lets `measure` work in it, and prints its figures as the last line. */
export async function perform(
  benchmark: string,
  values: Values & Record<string, string | boolean | undefined>,
  measure: (premiere: Premiere) => Promise<Record<string, unknown>>,
): Promise<void> {
  const premiere = await openPremiere({
    screenings: Number(values.screenings),
    buyers: Number(values.buyers),
    apis: Number(values.apis),
    holdSeconds: Number(values['hold-seconds']),
    apart: values.apart,
    quiet: values.quiet,
    proxy: values.proxy,
    profile: values.profile,
    profileOf: values['profile-of'],
  });
  let figures: Record<string, unknown>;
  try {
    const settings = {
      ...(await durability(premiere.db)),
      processors: cpus().length,
      processors_of_the_house: premiere.processors.house,
    };
    printSettings({ ...settings, ...values });
    figures = { benchmark, ...(await measure(premiere)), ...settings };
  } finally {
    await premiere.close();
  }
  if (values.profile) await printProfiles(values.profile);
  console.log(JSON.stringify(figures));
}
