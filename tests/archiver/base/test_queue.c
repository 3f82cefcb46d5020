#include "base/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/err.h"

enum { MESSAGES = 20000, ROOM = 4, READERS = 3 };

static int messages[MESSAGES];

static void messages_come_in_their_order_round_and_round(void **state)
{
    (void)state;
    struct queue *queue;
    struct err err;
    assert_int_equal(queue_open(3, &queue, &err), 0);
    assert_null(queue_try_pop(queue));
    for (int round = 0; round < 5; round++) {
        assert_true(queue_push(queue, &messages[round]));
        assert_true(queue_push(queue, &messages[round + 1]));
        assert_ptr_equal(queue_pop(queue), &messages[round]);
        assert_ptr_equal(queue_try_pop(queue), &messages[round + 1]);
    }
    queue_free(queue);
}

static void a_closed_queue_takes_nothing_and_gives_what_is_left(void **state)
{
    (void)state;
    struct queue *queue;
    struct err err;
    assert_int_equal(queue_open(2, &queue, &err), 0);
    assert_true(queue_push(queue, &messages[0]));
    queue_close(queue);
    assert_false(queue_push(queue, &messages[1]));
    assert_ptr_equal(queue_pop(queue), &messages[0]);
    assert_null(queue_pop(queue));
    queue_free(queue);
    queue_free(NULL);
}

static void *push_all(void *context)
{
    struct queue *queue = context;
    for (int i = 0; i < MESSAGES; i++)
        if (!queue_push(queue, &messages[i]))
            return NULL;
    return context;
}

/* Counts each message where it belongs: one that came twice or never would show. */
static void *pop_all(void *context)
{
    for (int *message; (message = queue_pop(context)) != NULL;)
        (*message)++;
    return context;
}

static void between_threads_each_message_arrives_once(void **state)
{
    (void)state;
    struct queue *queue;
    struct err err;
    pthread_t writer;
    pthread_t readers[READERS];
    void *result;
    assert_int_equal(queue_open(ROOM, &queue, &err), 0);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, pop_all, queue), 0);
    assert_int_equal(pthread_create(&writer, NULL, push_all, queue), 0);
    assert_int_equal(pthread_join(writer, &result), 0);
    assert_non_null(result);
    queue_close(queue);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(messages[i], 1);
    queue_free(queue);
}

static void closing_wakes_a_writer_that_waits_for_room(void **state)
{
    (void)state;
    struct queue *queue;
    struct err err;
    pthread_t writer;
    void *result;
    assert_int_equal(queue_open(1, &queue, &err), 0);
    assert_int_equal(pthread_create(&writer, NULL, push_all, queue), 0);
    assert_ptr_equal(queue_pop(queue), &messages[0]); /* so it has come to push the next */
    queue_close(queue);
    assert_int_equal(pthread_join(writer, &result), 0);
    assert_null(result);
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_their_order_round_and_round),
        cmocka_unit_test(a_closed_queue_takes_nothing_and_gives_what_is_left),
        cmocka_unit_test(between_threads_each_message_arrives_once),
        cmocka_unit_test(closing_wakes_a_writer_that_waits_for_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
