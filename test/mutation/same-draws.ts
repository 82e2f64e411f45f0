/** A mutant is judged by the draws that the unchanged code passed, and one counterexample is enough: no shrinking. */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1, endOnFailure: true });
