#include "engine/program/confine.h"
#include "tests/suite.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool load_program_filter(char *error, size_t error_bytes) {
    return confine_load(NULL, error, error_bytes);
}

/* How a confined process ends that does this. */
static int outcome_of(bool (*confine)(char *error, size_t error_bytes),
                      void (*act)(void)) {
    int status = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        char error[256];
        if (!confine(error, sizeof error)) {
            fprintf(stderr, "%s\n", error);
            _exit(2);
        }
        act();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void *run(void *act) {
    (*(void (**)(void))act)();
    return NULL;
}

static void in_thread(void (*act)(void)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &act) != 0)
        _exit(3);
    pthread_join(thread, NULL);
}

static void work(void) {
    FILE *file = tmpfile();
    if (!file || fputs("text", file) < 0 || fclose(file) != 0)
        _exit(4);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    if (peer < 0 || listen(peer, 1) != 0 || socket(AF_NETLINK, SOCK_RAW, 0) >= 0)
        _exit(5);
}

static void work_in_thread(void) {
    in_thread(work);
}

static void start_program(void) {
    execl("/bin/true", "true", (char *)NULL);
}

static void start_process(void) {
    fork();
}

static void capture(void) {
    socket(AF_PACKET, SOCK_RAW, 0);
}

static void trace(void) {
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void change_user(void) {
    syscall(SYS_setuid, 0);
}

static void mount_something(void) {
    syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}

static void load_program(void) {
    syscall(SYS_bpf, 0, NULL, 0);
}

static void debug_others(void) {
    syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
}

static void start_program_in_thread(void) {
    in_thread(start_program);
}

static void (*const forbidden[])(void) = {
    start_program, start_process, capture,
    trace,         change_user,   mount_something,
    load_program,  debug_others,  start_program_in_thread};

START_TEST(what_is_needed_works) {
    ck_assert_int_eq(outcome_of(load_program_filter, work), 0);
    ck_assert_int_eq(outcome_of(load_program_filter, work_in_thread), 0);
}
END_TEST

START_TEST(what_is_not_needed_kills) {
    int status = outcome_of(load_program_filter, forbidden[_i]);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

/* Without the right to it there is no socket, but nobody dies of asking. */
static void open_door(void) {
    close(socket(AF_PACKET, SOCK_RAW, 0));
}

START_TEST(the_doorman_opens_doors) {
    ck_assert_int_eq(outcome_of(confine_load_doorman, open_door), 0);
}
END_TEST

static void read_file(void) {
    open("/dev/null", O_RDONLY);
}

static void write_something(void) {
    syscall(SYS_write, STDERR_FILENO, "", 0);
}

static void connect_elsewhere(void) {
    socket(AF_INET, SOCK_STREAM, 0);
}

static void send_packet(void) {
    send(STDIN_FILENO, "", 0, 0);
}

static void add_memory(void) {
    syscall(SYS_mmap, NULL, 4096, 0, 0, -1, 0);
}

static void (*const forbidden_doorman[])(void) = {
    start_program,     start_process, trace,        change_user,
    mount_something,   load_program,  debug_others, read_file,
    connect_elsewhere, send_packet,   add_memory,   write_something};

START_TEST(the_doorman_does_nothing_else) {
    int status = outcome_of(confine_load_doorman, forbidden_doorman[_i]);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

int main(void) {
    const char *sanitized = getenv("SANITIZED");
    if (sanitized && sanitized[0]) {
        puts("SKIPPED: sanitizers need what is forbidden");
        return 77;
    }
    Suite *suite = suite_create("confine");
    TCase *tests = tcase_create("confine");
    tcase_add_test(tests, what_is_needed_works);
    tcase_add_loop_test(tests, what_is_not_needed_kills, 0,
                        sizeof forbidden / sizeof *forbidden);
    tcase_add_test(tests, the_doorman_opens_doors);
    tcase_add_loop_test(tests, the_doorman_does_nothing_else, 0,
                        sizeof forbidden_doorman / sizeof *forbidden_doorman);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
