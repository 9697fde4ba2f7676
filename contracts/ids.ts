import { Type } from 'typebox';

/** Ids of movies, theaters, auditoriums and screenings are PostgreSQL integers: a greater one is refused at the edge. */
export const ID_MAX = 2_147_483_647;
export const IdSchema = Type.Integer({ minimum: 1, maximum: ID_MAX });
