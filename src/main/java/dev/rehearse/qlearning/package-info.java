/** Q-learning proper: targets as pure functions of arrays, and one update of the network. */
@NullMarked
package dev.rehearse.qlearning;

import org.jspecify.annotations.NullMarked;
