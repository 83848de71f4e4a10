#include "gateway/link/verifier.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

#include <assert.h>
#include <crypt.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    DES_HASH_LENGTH = 13,
    JOBS_MAX = 256,
    PASSWORD_BYTES = 72,
    DIGEST_BYTES = 32,
    REMEMBERED_MAX = 256,
};

struct job {
    struct list_node node;
    uint64_t id;
    verifier_fn *fn;
    void *ctx;
    bool is_right;
    uint8_t digest[DIGEST_BYTES];
    char password[PASSWORD_BYTES]; /* with its NUL */
    char hash[CRYPT_OUTPUT_SIZE];
};

struct verifier {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the lists, current, is_ending and each job's fn */
    pthread_cond_t more;
    struct list waiting;
    struct list done;
    struct job *current; /* in the thread's hands */
    bool is_ending;
    struct timer_queue *timers; /* told the time when we are woken */
    int wake_fd;
    struct event *wake;
    size_t jobs; /* on the loop's side: not answered yet */
    /* Digests of what was right, a ring; keyed, so that they are worth nothing elsewhere. */
    uint8_t key[DIGEST_BYTES];
    uint8_t remembered[REMEMBERED_MAX][DIGEST_BYTES];
    size_t remembered_count;
};

bool verifier_is_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

/* ---- the thread ---- */

static bool is_right(const struct job *job, struct crypt_data *data)
{
    const char *made = crypt_r(job->password, job->hash, data);

    if (made == NULL || made[0] == '*')
        return false;
    return verifier_is_equal(span_of_string(made), span_of_string(job->hash));
}

static struct job *next_job(struct verifier *v)
{
    struct list_node *n = NULL;

    pthread_mutex_lock(&v->mutex);
    while (!v->is_ending && (n = list_pop_front(&v->waiting)) == NULL)
        pthread_cond_wait(&v->more, &v->mutex);
    v->current = n != NULL ? LIST_ITEM(n, struct job, node) : NULL;
    pthread_mutex_unlock(&v->mutex);
    return n != NULL ? LIST_ITEM(n, struct job, node) : NULL;
}

static void *run(void *arg)
{
    struct verifier *v = arg;
    struct crypt_data *data = mem_zalloc(sizeof(*data));
    struct job *job;

    while ((job = next_job(v)) != NULL) {
        uint64_t one = 1;

        job->is_right = is_right(job, data);
        OPENSSL_cleanse(job->password, sizeof(job->password));
        pthread_mutex_lock(&v->mutex);
        v->current = NULL;
        list_push_back(&v->done, &job->node);
        pthread_mutex_unlock(&v->mutex);
        if (write(v->wake_fd, &one, sizeof(one)) < 0)
            continue; /* the counter is full: the loop has been woken already */
    }
    OPENSSL_cleanse(data, sizeof(*data));
    mem_free(data);
    return NULL;
}

/* ---- the loop's side ---- */

static void make_digest(const struct verifier *v, struct span password, const char *hash,
                        uint8_t digest[DIGEST_BYTES])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    unsigned size = DIGEST_BYTES;
    bool is_made = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
                   EVP_DigestUpdate(md, v->key, sizeof(v->key)) &&
                   EVP_DigestUpdate(md, hash, strlen(hash) + 1) &&
                   EVP_DigestUpdate(md, password.data, password.size) &&
                   EVP_DigestUpdate(md, v->key, sizeof(v->key)) &&
                   EVP_DigestFinal_ex(md, digest, &size);

    assert(is_made);
    EVP_MD_CTX_free(md);
}

static bool is_remembered(const struct verifier *v, const uint8_t digest[DIGEST_BYTES])
{
    size_t count = v->remembered_count < REMEMBERED_MAX ? v->remembered_count : REMEMBERED_MAX;

    for (size_t i = 0; i < count; i++)
        if (CRYPTO_memcmp(v->remembered[i], digest, DIGEST_BYTES) == 0)
            return true;
    return false;
}

static void remember(struct verifier *v, const uint8_t digest[DIGEST_BYTES])
{
    if (is_remembered(v, digest))
        return;
    memcpy(v->remembered[v->remembered_count % REMEMBERED_MAX], digest, DIGEST_BYTES);
    v->remembered_count++;
}

static struct job *next_done(struct verifier *v)
{
    struct list_node *n;

    pthread_mutex_lock(&v->mutex);
    n = list_pop_front(&v->done);
    pthread_mutex_unlock(&v->mutex);
    return n != NULL ? LIST_ITEM(n, struct job, node) : NULL;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct verifier *v = arg;
    struct job *job;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof(count)) < 0)
        return;
    timer_queue_set_now(v->timers, clock_monotonic_ms());
    while ((job = next_done(v)) != NULL) {
        v->jobs--;
        if (job->is_right)
            remember(v, job->digest);
        if (job->fn != NULL)
            job->fn(job->ctx, job->id, job->is_right);
        mem_free(job);
    }
}

bool verifier_check(struct verifier *v, struct span password, const char *hash, uint64_t id,
                    verifier_fn *fn, void *ctx)
{
    uint8_t digest[DIGEST_BYTES];
    struct job *job;
    uint64_t one = 1;
    bool is_known;

    make_digest(v, password, hash, digest);
    is_known = is_remembered(v, digest);
    if (!is_known && v->jobs >= JOBS_MAX) /* what is known waits for nobody's hash */
        return false;
    v->jobs++;
    job = mem_zalloc(sizeof(*job));
    job->id = id;
    job->fn = fn;
    job->ctx = ctx;
    job->is_right = is_known;
    memcpy(job->digest, digest, sizeof(digest));
    pthread_mutex_lock(&v->mutex);
    if (job->is_right || password.size >= PASSWORD_BYTES || strlen(hash) >= CRYPT_OUTPUT_SIZE) {
        list_push_back(&v->done, &job->node);
    } else {
        memcpy(job->password, password.data, password.size);
        memcpy(job->hash, hash, strlen(hash) + 1);
        list_push_back(&v->waiting, &job->node);
        pthread_cond_signal(&v->more);
        one = 0;
    }
    pthread_mutex_unlock(&v->mutex);
    /* Known already, yet the answer comes later like every other. */
    if (one != 0 && write(v->wake_fd, &one, sizeof(one)) < 0)
        return true; /* the counter is full: the loop is about to look */
    return true;
}

static void forget_in(struct list *l, const void *ctx)
{
    LIST_FOREACH(n, l)
        if (LIST_ITEM(n, struct job, node)->ctx == ctx)
            LIST_ITEM(n, struct job, node)->fn = NULL;
}

static void drop_job(struct job *job)
{
    OPENSSL_cleanse(job->password, sizeof(job->password));
    mem_free(job);
}

void verifier_withdraw(struct verifier *v, const void *ctx, uint64_t id)
{
    struct job *found = NULL;

    pthread_mutex_lock(&v->mutex);
    LIST_FOREACH(n, &v->waiting) {
        struct job *job = LIST_ITEM(n, struct job, node);

        if (job->ctx != ctx || job->id != id)
            continue;
        list_remove(&v->waiting, n);
        found = job;
        break;
    }
    pthread_mutex_unlock(&v->mutex);
    if (found == NULL)
        return;
    v->jobs--;
    drop_job(found);
}

void verifier_forget(struct verifier *v, void *ctx)
{
    pthread_mutex_lock(&v->mutex);
    forget_in(&v->waiting, ctx);
    forget_in(&v->done, ctx);
    if (v->current != NULL && v->current->ctx == ctx)
        v->current->fn = NULL;
    pthread_mutex_unlock(&v->mutex);
}

struct verifier *verifier_new(struct event_base *base, struct timer_queue *timers)
{
    struct verifier *v = mem_zalloc(sizeof(*v));
    int has_key = RAND_bytes(v->key, sizeof(v->key));

    v->timers = timers;
    v->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(v->wake_fd >= 0 && has_key == 1);
    pthread_mutex_init(&v->mutex, NULL);
    pthread_cond_init(&v->more, NULL);
    list_init(&v->waiting);
    list_init(&v->done);
    v->wake = event_new(base, v->wake_fd, EV_READ | EV_PERSIST, on_wake, v);
    assert(v->wake != NULL);
    event_add(v->wake, NULL);
    if (pthread_create(&v->thread, NULL, run, v) == 0)
        return v;
    event_free(v->wake);
    close(v->wake_fd);
    mem_free(v);
    return NULL;
}

static void drop_jobs(struct list *l)
{
    struct list_node *n;

    while ((n = list_pop_front(l)) != NULL)
        drop_job(LIST_ITEM(n, struct job, node));
}

void verifier_free(struct verifier *v)
{
    pthread_mutex_lock(&v->mutex);
    v->is_ending = true;
    pthread_cond_signal(&v->more);
    pthread_mutex_unlock(&v->mutex);
    pthread_join(v->thread, NULL);
    drop_jobs(&v->waiting);
    drop_jobs(&v->done);
    event_free(v->wake);
    close(v->wake_fd);
    pthread_mutex_destroy(&v->mutex);
    pthread_cond_destroy(&v->more);
    OPENSSL_cleanse(v, sizeof(*v));
    mem_free(v);
}

bool verifier_is_hash(const char *hash)
{
    switch (crypt_checksalt(hash)) {
    case CRYPT_SALT_OK:
        return true;
    case CRYPT_SALT_METHOD_LEGACY:
        return *hash == '$' || strlen(hash) == DES_HASH_LENGTH; /* any two letters are a DES salt */
    default:
        return false;
    }
}
