import { Type } from 'typebox';

/** A day that exists, in a year that PostgreSQL can name too: 'YYYY-MM-DD'. */
export const CinemaDaySchema = Type.String({ format: 'date', pattern: '^[1-9]' });
