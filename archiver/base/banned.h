#ifndef SHILU_BASE_BANNED_H
#define SHILU_BASE_BANNED_H

/*
 * Functions that have hurt others: unbounded, locale-bound, unchecked or shared between threads.
 * Included last, after the system's own headers.
 */
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol atoll system mktemp
#pragma GCC poison localtime gmtime asctime ctime

#endif
