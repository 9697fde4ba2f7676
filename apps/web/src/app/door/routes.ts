import type { Routes } from '@angular/router';
import { DoorPlaceholder } from './placeholder.ts';

export const routes: Routes = [{ path: '', component: DoorPlaceholder }];
