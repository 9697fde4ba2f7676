import { Type } from 'typebox';
import { databaseGroup } from '../config.ts';
import { readConfig } from '#platform/config';

const schema = Type.Object({
  DATABASE_URL: Type.Optional(databaseGroup.DATABASE_URL),
  DATA_DIR: Type.String({ default: '.data' }),
});

export const readCliConfig = () => readConfig(schema, process.env);
