package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;
import static dev.rehearse.jobs.StoredJson.instant;

import dev.rehearse.files.FileId;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import dev.rehearse.web.StorableText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of jobs. A state changes only where nobody else changed it first. Thread-safe. */
@Component
final class JobStore {
    private static final String WAITING = " state in ('VALIDATING_FILES', 'QUEUED')";
    private static final String AT_WORK = " state in ('RUNNING', 'PAUSING')";
    private static final String LIVE = " state not in ('SUCCEEDED', 'FAILED', 'CANCELLED')";

    private final JdbcClient database;

    JobStore(JdbcClient database) {
        this.database = database;
    }

    void insert(Job job, RequestKey key) {
        JobRequest request = job.request();
        database.sql("""
                        insert into jobs (id, state, request, model, training_file, validation_file, replay_file,
                                          request_hash, idempotency_key, created_at)
                        values (:id, :state, :request, :model, :trainingFile, :validationFile, :replayFile,
                                :hash, :idempotencyKey, :createdAt)
                        """)
                .param("id", job.id().value())
                .param("state", job.state().name())
                .param("request", StoredJson.write(request.body()))
                .param("model", request.model())
                .param("trainingFile", request.trainingFile().value())
                .param(
                        "validationFile",
                        request.validationFile() == null
                                ? null
                                : request.validationFile().value(),
                        Types.VARCHAR)
                .param(
                        "replayFile",
                        request.method().replayFile() == null
                                ? null
                                : request.method().replayFile().value(),
                        Types.VARCHAR)
                .param("hash", key.hash())
                .param("idempotencyKey", key.idempotencyKey(), Types.VARCHAR)
                .param("createdAt", at(job.createdAt()))
                .update();
        request.labels()
                .metadata()
                .forEach((name, value) -> database.sql(
                                "insert into job_metadata (job_id, name, content) values (:job, :name, :content)")
                        .param("job", job.id().value())
                        .param("name", name)
                        .param("content", value)
                        .update());
    }

    Optional<Job> find(JobId id) {
        return database.sql("select * from jobs where id = :id")
                .param("id", id.value())
                .query((row, number) -> job(row))
                .optional();
    }

    /** @throws ApiException 404 when there is no such job */
    Job require(JobId id) {
        return find(id).orElseThrow(
                        () -> ApiException.notFound(null, "fine_tuning_job_id", "No such FineTuningJob object: " + id));
    }

    /** Newest first. */
    List<Job> list(PageQuery page, MetadataFilter filter) {
        String sql = "select * from jobs where position < :after" + filter.condition()
                + " order by position desc limit :limit";
        return database.sql(sql)
                .param("after", page.after() == null ? Long.MAX_VALUE : position(page.after()))
                .param("limit", page.oneMore())
                .params(filter.parameters())
                .query((row, number) -> job(row))
                .list();
    }

    /** Makes the move if the job is still as it was seen; otherwise nothing happens. */
    boolean move(Job seen, Move move, Job.Ending ending) {
        JobState to = seen.state().after(move);
        if (to == null) {
            return false;
        }
        JobError error = ending.error();
        return database.sql("""
                        update jobs set state = :to, attempt = attempt + :starts, estimated_finish = null,
                               finished_at = :finishedAt, error_code = :errorCode, error_message = :errorMessage,
                               error_param = :errorParam, fine_tuned_model = :model, trained_tokens = :trainedTokens
                        where id = :id and state = :from and attempt = :attempt
                        """)
                        .param("to", to.name())
                        .param("starts", move == Move.START ? 1 : 0)
                        .param("finishedAt", at(ending.finishedAt()), Types.TIMESTAMP_WITH_TIMEZONE)
                        .param("errorCode", error == null ? null : error.code(), Types.VARCHAR)
                        .param(
                                "errorMessage",
                                error == null ? null : StorableText.readable(error.message()),
                                Types.VARCHAR)
                        .param("errorParam", error == null ? null : error.param(), Types.VARCHAR)
                        .param("model", ending.model(), Types.VARCHAR)
                        .param("trainedTokens", ending.trainedTokens(), Types.BIGINT)
                        .param("id", seen.id().value())
                        .param("from", seen.state().name())
                        .param("attempt", seen.run().attempt())
                        .update()
                == 1;
    }

    /** Writes how far the attempt is, unless another one or the end has come. */
    boolean progress(JobId id, Job.Run run) {
        return database.sql("""
                        update jobs set step = :step, total_steps = :totalSteps, epoch = :epoch,
                               estimated_finish = :estimatedFinish, hyperparameters = :hyperparameters, used = :used
                        where id = :id and attempt = :attempt and
                        """ + AT_WORK)
                        .param("step", run.step())
                        .param("totalSteps", run.totalSteps())
                        .param("epoch", run.epoch())
                        .param("estimatedFinish", at(run.estimatedFinish()), Types.TIMESTAMP_WITH_TIMEZONE)
                        .param("hyperparameters", StoredJson.write(run.hyperparameters()))
                        .param("used", StoredJson.write(run.usage().json()))
                        .param("id", id.value())
                        .param("attempt", run.attempt())
                        .update()
                == 1;
    }

    /** Keeps the job as it is until the transaction of the caller ends; false when the attempt is over. */
    boolean hold(Job running) {
        return database.sql("select id from jobs where id = :id and attempt = :attempt and" + AT_WORK + " for update")
                .param("id", running.id().value())
                .param("attempt", running.run().attempt())
                .query(String.class)
                .optional()
                .isPresent();
    }

    /** Keeps the job as it is until the transaction of the caller ends. */
    void hold(JobId id) {
        database.sql("select id from jobs where id = :id for update")
                .param("id", id.value())
                .query(String.class)
                .optional();
    }

    void putResults(JobId id, FileId results) {
        database.sql("update jobs set result_file = :results where id = :id")
                .param("results", results.value())
                .param("id", id.value())
                .update();
    }

    int count(List<JobState> states) {
        return database.sql("select count(*) from jobs where state in (:states)")
                .param("states", states.stream().map(JobState::name).toList())
                .query(Integer.class)
                .single();
    }

    /** The job's state while the attempt is its last one; empty when another was started. */
    Optional<JobState> state(JobId id, int attempt) {
        return database.sql("select state from jobs where id = :id and attempt = :attempt")
                .param("id", id.value())
                .param("attempt", attempt)
                .query((row, number) -> JobState.valueOf(row.getString("state")))
                .optional();
    }

    /** The jobs that wait, first come first. */
    List<JobId> waiting() {
        return database.sql("select id from jobs where" + WAITING + " order by position")
                .query((row, number) -> new JobId(row.getString("id")))
                .list();
    }

    Optional<Job> byIdempotencyKey(String key) {
        return database.sql("select * from jobs where idempotency_key = :key")
                .param("key", key)
                .query((row, number) -> job(row))
                .optional();
    }

    Optional<Job> byHash(String hash, Instant since) {
        return database.sql("""
                        select * from jobs where request_hash = :hash and created_at >= :since
                        order by position desc limit 1
                        """)
                .param("hash", hash)
                .param("since", at(since))
                .query((row, number) -> job(row))
                .optional();
    }

    String hash(JobId id) {
        return database.sql("select request_hash from jobs where id = :id")
                .param("id", id.value())
                .query(String.class)
                .single();
    }

    /** A job that has not ended and reads the file. */
    Optional<JobId> readerOf(String file) {
        return database.sql("select id from jobs where :file in (training_file, validation_file, replay_file) and"
                        + LIVE + " order by position limit 1")
                .param("file", file)
                .query((row, number) -> new JobId(row.getString("id")))
                .optional();
    }

    /** A job that has not ended and starts from the model. */
    Optional<JobId> starterFrom(String model) {
        return database.sql("select id from jobs where model = :model and" + LIVE + " order by position limit 1")
                .param("model", model)
                .query((row, number) -> new JobId(row.getString("id")))
                .optional();
    }

    /** Jobs from the model that have ended and made steps, newest first, at most 20. */
    List<Job> endedFrom(String model) {
        return database.sql("select * from jobs where model = :model and step > 0 and not" + LIVE
                        + " order by position desc limit 20")
                .param("model", model)
                .query((row, number) -> job(row))
                .list();
    }

    /** What jobs that have not ended were asked, those waiting included. */
    List<Job> live() {
        return database.sql("select * from jobs where" + LIVE + " order by position")
                .query((row, number) -> job(row))
                .list();
    }

    private long position(String id) {
        return database.sql("select position from jobs where id = :id")
                .param("id", id)
                .query(Long.class)
                .optional()
                .orElseThrow(
                        () -> ApiException.invalid("invalid_value", "after", "No such FineTuningJob object: " + id));
    }

    private static Job job(ResultSet row) throws SQLException {
        String resolved = row.getString("hyperparameters");
        String used = row.getString("used");
        Job.Run run = new Job.Run(
                row.getInt("attempt"),
                row.getInt("step"),
                row.getInt("total_steps"),
                row.getDouble("epoch"),
                instant(row.getObject("estimated_finish", OffsetDateTime.class)),
                StoredJson.read(Objects.requireNonNullElse(resolved, "{}")),
                used == null ? Usage.NONE : Usage.ofJson(StoredJson.read(used)));
        return new Job(
                new JobId(row.getString("id")),
                JobState.valueOf(row.getString("state")),
                JobRequest.ofBody(StoredJson.read(row.getString("request"))),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                run,
                ending(row));
    }

    private static Job.Ending ending(ResultSet row) throws SQLException {
        String code = row.getString("error_code");
        String results = row.getString("result_file");
        return new Job.Ending(
                instant(row.getObject("finished_at", OffsetDateTime.class)),
                code == null ? null : new JobError(code, row.getString("error_message"), row.getString("error_param")),
                row.getString("fine_tuned_model"),
                row.getObject("trained_tokens", Long.class),
                results == null ? null : new FileId(results));
    }
}
