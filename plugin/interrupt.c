/*
 * interrupt: see interrupt.h.
 */
#include "plugin/interrupt.h"

#include <sys/signalfd.h>
#include <unistd.h>

int interrupt_open(struct interrupt *interrupt, struct err *err)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	interrupt->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (interrupt->fd < 0)
		return err_errno(err, ERR_BUG, "signalfd");
	if (sigprocmask(SIG_BLOCK, &wanted, &interrupt->before)) {
		close(interrupt->fd);
		interrupt->fd = -1;
		return err_errno(err, ERR_BUG, "sigprocmask");
	}
	return 0;
}

void interrupt_close(struct interrupt *interrupt)
{
	struct signalfd_siginfo info;

	if (interrupt->fd < 0)
		return;
	while (read(interrupt->fd, &info, sizeof(info)) == sizeof(info))
		; /* else it would end us now, with the work done */
	close(interrupt->fd);
	interrupt->fd = -1;
	sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}

void interrupt_scoped(struct interrupt *interrupt)
{
	interrupt_close(interrupt);
}
