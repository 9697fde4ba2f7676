import { Component } from '@angular/core';

@Component({ selector: 'pt-door-placeholder', template: `<h1>Porta</h1>` })
export class DoorPlaceholder {}
