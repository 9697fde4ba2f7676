import { inject, Injectable } from '@angular/core';
import { Language } from './language.ts';

/** Money, dates and times as people write them. Dates are the theater's own: never the phone's zone. */
@Injectable({ providedIn: 'root' })
export class Formats {
  private readonly language = inject(Language);

  /** 3200 → 'R$ 32,00'. */
  money(cents: number): string {
    return new Intl.NumberFormat(this.language.code(), { style: 'currency', currency: 'BRL' }).format(cents / 100);
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.language.code()).format(value);
  }

  /** '2026-11-22' → 'dom., 22 nov.' */
  day(localDate: string, style: 'short' | 'long' = 'short'): string {
    const date = new Date(`${localDate}T12:00:00Z`);
    const text = new Intl.DateTimeFormat(this.language.code(), {
      weekday: style,
      day: 'numeric',
      month: style,
      timeZone: 'UTC',
    }).format(date);
    return style === 'short' ? text.replace(' de ', ' ') : text;
  }

  weekday(localDate: string): string {
    const date = new Date(`${localDate}T12:00:00Z`);
    return new Intl.DateTimeFormat(this.language.code(), { weekday: 'short', timeZone: 'UTC' })
      .format(date)
      .replace('.', '');
  }

  dayAndMonth(localDate: string): string {
    const date = new Date(`${localDate}T12:00:00Z`);
    return new Intl.DateTimeFormat(this.language.code(), { day: 'numeric', month: 'short', timeZone: 'UTC' })
      .format(date)
      .replace(' de ', ' ')
      .replace(/\.$/, '');
  }

  /** '19:30' → '19h30', '7:30 PM' in English. */
  time(localTime: string): string {
    const [hours = 0, minutes = 0] = localTime.split(':').map(Number);
    if (this.language.code() === 'pt-BR') return `${hours}h${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
    return `${hours % 12 === 0 ? 12 : hours % 12}:${String(minutes).padStart(2, '0')} ${hours < 12 ? 'AM' : 'PM'}`;
  }

  /** 'sáb., 22 nov., 19h30' */
  moment(localDate: string, localTime: string): string {
    return `${this.day(localDate)}, ${this.time(localTime)}`;
  }

  /** An instant as the clock of this device shows it: for 'when was this true', sessions, time lines. */
  instant(iso: string, timeZone?: string): string {
    return new Intl.DateTimeFormat(this.language.code(), {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      ...(timeZone ? { timeZone } : {}),
    })
      .format(new Date(iso))
      .replace(' de ', ' ');
  }

  clock(at: number): string {
    return new Intl.DateTimeFormat(this.language.code(), { hour: '2-digit', minute: '2-digit' }).format(at);
  }

  runningTime(minutes: number): string {
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    if (hours === 0) return `${rest} min`;
    return rest === 0 ? `${hours} h` : `${hours} h ${String(rest).padStart(2, '0')}`;
  }
}
