import type { Routes } from '@angular/router';
import { BackOfficePlaceholder } from './placeholder.ts';

export const routes: Routes = [{ path: '', component: BackOfficePlaceholder }];
