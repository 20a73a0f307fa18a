#ifndef ENGINE_PROGRAM_NOTIFY_H
#define ENGINE_PROGRAM_NOTIFY_H

/* What the service manager is told, where there is one: sd_notify(3), over the socket that
   NOTIFY_SOCKET names. Without it, and if nobody listens there, nothing happens. */

void notify_ready(void); /* also when a reload is over */
void notify_reloading(void);
void notify_stopping(void);

/* A line of what it does, and that it goes on. */
void notify_alive(const char *status);

/* How often notify_alive is to be called: a third of what the manager waits for before it takes
   the program for hung, and no less often than a status should change; -1: nobody asks. */
int notify_interval_ms(void);

#endif
