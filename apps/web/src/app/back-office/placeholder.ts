import { Component } from '@angular/core';

@Component({ selector: 'pt-back-office-placeholder', template: `<h1>Bastidores</h1>` })
export class BackOfficePlaceholder {}
