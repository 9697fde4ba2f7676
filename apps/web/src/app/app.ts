import { Component, inject } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { Theme, ToastOutlet } from './ui/index.ts';

@Component({
  selector: 'pt-root',
  imports: [RouterOutlet, ToastOutlet],
  template: `<router-outlet /><pt-toasts />`,
})
export class App {
  protected readonly theme = inject(Theme);
}
