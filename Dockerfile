# Both stages start from images that you may name yourself, e.g. a mirror's or one with CUDA.
# The build image needs a JDK of 17 or later (Maven is fetched where there is none), the runtime image a JRE.
ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-17
ARG RUNTIME_IMAGE=eclipse-temurin:17-jre

FROM ${BUILD_IMAGE} AS build
# More arguments for Maven, e.g. -P and another platform's profile.
ARG MAVEN_OPTIONS=""
ENV MAVEN="./mvnw --batch-mode --no-transfer-progress -Dmaven.test.skip -Dspotless.check.skip -Djacoco.skip"
WORKDIR /build

# Building a single empty class fetches everything that the build needs: a layer that only pom.xml invalidates.
COPY mvnw pom.xml ./
COPY .mvn .mvn
RUN mkdir -p src/main/java/dev/rehearse \
    && echo 'package dev.rehearse; class Empty { public static void main(String[] arguments) {} }' \
        > src/main/java/dev/rehearse/Empty.java \
    && ${MAVEN} ${MAVEN_OPTIONS} package \
    && rm -r src target

COPY src/main src/main
COPY src/docker src/docker
RUN ${MAVEN} ${MAVEN_OPTIONS} package \
    && mv target/rehearse-*.jar target/rehearse.jar \
    && java -Djarmode=tools -jar target/rehearse.jar extract --layers --destination target/layers \
    && javac --release 17 -d target/docker -cp 'target/layers/dependencies/lib/*' src/docker/*.java

FROM ${RUNTIME_IMAGE}
# Threads that wait spin for half a millisecond; nothing is reported and nothing is fetched when it runs; libtorch's
# memory is not the heap's, which therefore gets half. Who reaches the address is decided where the port is published:
# set REHEARSE_KEYS_ADMIN where that is more than one machine.
ENV GOMP_SPINCOUNT=30000 \
    OPT_OUT_TRACKING=true \
    DJL_OFFLINE=true \
    DJL_CACHE_DIR=/app/natives \
    JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=50 \
    REHEARSE_DATA_DIR=/data \
    SERVER_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=build /build/target/layers/dependencies/ ./
COPY --from=build /build/target/docker/ docker/
# DJL makes its folders for their owner alone.
RUN java -cp 'docker:lib/*' Natives \
    && chmod -R a+rX natives \
    && mkdir /data \
    && chown 10001:10001 /data
COPY src/examples src/examples
COPY --from=build /build/target/layers/spring-boot-loader/ ./
COPY --from=build /build/target/layers/snapshot-dependencies/ ./
COPY --from=build /build/target/layers/application/ ./

USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx16m", "-cp", "docker", "Ready"]
ENTRYPOINT ["java", "-jar", "rehearse.jar"]
