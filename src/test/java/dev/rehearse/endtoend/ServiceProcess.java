package dev.rehearse.endtoend;

import dev.rehearse.RehearseApplication;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The service in a process of its own, which can be killed. */
final class ServiceProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path log;
    final int port;
    final Client client;

    private ServiceProcess(Process process, Path log) throws IOException {
        this.process = process;
        this.log = log;
        this.port = awaitPort();
        this.client = new Client(port);
    }

    /** Returns when requests are answered. */
    static ServiceProcess start(Path data, Path log, String... settings) throws IOException {
        return startWithin("1g", data, log, settings);
    }

    /** The same with so much heap. */
    static ServiceProcess startWithin(String heap, Path data, Path log, String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:TieredStopAtLevel=1",
                "-XX:MetaspaceSize=128m",
                "-XX:+UseSerialGC",
                RehearseApplication.class.getName(),
                "--server.port=0",
                "--rehearse.data-dir=" + relative(data),
                "--rehearse.jobs.poll=100ms",
                "--rehearse.jobs.heartbeat=500ms"));
        command.addAll(List.of(settings));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("CLASSPATH", classPath());
        builder.environment().put("OPT_OUT_TRACKING", "true");
        builder.environment().put("DJL_OFFLINE", "true");
        return new ServiceProcess(builder.start(), log);
    }

    /** SIGTERM where there is such a thing; returns when the process is gone. */
    void terminate() throws InterruptedException {
        process.destroy();
        awaitEnd();
    }

    /** SIGKILL where there is such a thing; returns when the process is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitEnd();
    }

    private void awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the process does not die");
        }
    }

    /** As people give it. */
    private static Path relative(Path data) {
        return Path.of("").toAbsolutePath().relativize(data.toAbsolutePath());
    }

    /** Without the tests, whose configurations lie in packages of the service, and what clients bring that is slow to start. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.contains("kotlin"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private int awaitPort() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < deadline) {
            Matcher port = PORT.matcher(Files.readString(log));
            if (port.find()) {
                return Integer.parseInt(port.group(1));
            }
            Client.pause();
        }
        process.destroyForcibly();
        throw new AssertionError("the service did not start:\n" + Files.readString(log));
    }

    @Override
    public void close() throws InterruptedException {
        client.close();
        kill();
    }
}
