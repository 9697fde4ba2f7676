// Brazil has four times; a state has one (Fernando de Noronha and the west of Amazonas aside: their theaters can
// carry their own time zone in a file). Since 2019 there is no summer time.
const ZONE_OF_STATE: Record<string, string> = {
  AC: 'America/Rio_Branco',
  AL: 'America/Maceio',
  AM: 'America/Manaus',
  AP: 'America/Belem',
  BA: 'America/Bahia',
  CE: 'America/Fortaleza',
  MA: 'America/Fortaleza',
  MS: 'America/Campo_Grande',
  MT: 'America/Cuiaba',
  PA: 'America/Belem',
  PB: 'America/Fortaleza',
  PE: 'America/Recife',
  PI: 'America/Fortaleza',
  RN: 'America/Fortaleza',
  RO: 'America/Porto_Velho',
  RR: 'America/Boa_Vista',
  SE: 'America/Maceio',
  TO: 'America/Araguaina',
};
const SOUTH_AND_CENTRE = ['DF', 'ES', 'GO', 'MG', 'PR', 'RJ', 'RS', 'SC', 'SP'];

export const STATES: readonly string[] = [...Object.keys(ZONE_OF_STATE), ...SOUTH_AND_CENTRE].sort();

/** The IANA time zone of a state, 'America/Sao_Paulo' for those on the time of Brasília. */
export function timeZoneOf(state: string): string {
  return ZONE_OF_STATE[state] ?? 'America/Sao_Paulo';
}
