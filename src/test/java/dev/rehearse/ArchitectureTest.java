package dev.rehearse;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String ROOT = "dev.rehearse.";
    private static final Set<String> LIBRARY =
            Set.of("text", "replay", "outbound", "grading", "networks", "generation", "qlearning", "training");

    /** Who may use whom. A package may always use itself. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("text", Set.of()),
            Map.entry("replay", Set.of()),
            Map.entry("outbound", Set.of()),
            Map.entry("grading", Set.of("outbound")),
            Map.entry("networks", Set.of()),
            Map.entry("web", Set.of()),
            Map.entry("demo", Set.of()),
            Map.entry("generation", Set.of("networks", "text")),
            Map.entry("qlearning", Set.of("networks", "replay")),
            Map.entry("training", Set.of("qlearning", "generation", "grading", "replay", "networks", "text")),
            Map.entry("keys", Set.of("web")),
            Map.entry("webhooks", Set.of("outbound", "web")),
            Map.entry("files", Set.of("web")),
            Map.entry("models", Set.of("networks", "text", "generation", "web")),
            Map.entry("jobs", Set.of("training", "grading", "outbound", "models", "files", "webhooks", "web")),
            Map.entry("completions", Set.of("models", "generation", "text", "web")));

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.rehearse");

    @Test
    void eachPackageUsesOnlyWhatTheMapAllows() {
        MAY_USE.forEach((user, allowed) -> {
            String[] forbidden = MAY_USE.keySet().stream()
                    .filter(used -> !used.equals(user) && !allowed.contains(used))
                    .map(used -> ROOT + used + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + user + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden)
                    .allowEmptyShould(true)
                    .check(MAIN);
        });
    }

    @Test
    void theMapNamesEveryPackage() {
        Set<String> found = MAIN.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT))
                .map(name -> name.substring(ROOT.length()).split("\\.")[0])
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(MAY_USE.keySet()), found);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.rehearse.(*)..").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void theLibraryStoreyKnowsNoFrameworkOfTheService() {
        noClasses()
                .that()
                .resideInAnyPackage(packages(LIBRARY))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.springframework..",
                        "jakarta..",
                        "java.sql..",
                        "tools.jackson..",
                        "com.fasterxml.jackson..",
                        "io.micrometer..")
                .check(MAIN);
    }

    @Test
    void nativeMemoryHasOneOwner() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + "networks..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are DJL's tensors",
                        type -> type.getPackageName().startsWith("ai.djl")
                                && !type.getPackageName().startsWith("ai.djl.huggingface")))
                .check(MAIN);
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "text..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.huggingface..", "dev.langchain4j..")
                .check(MAIN);
    }

    @Test
    void timeAndChanceAreArgumentsInTheLibraryStorey() {
        noClasses()
                .that()
                .resideInAnyPackage(packages(LIBRARY))
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callConstructor(Random.class)
                .check(MAIN);
    }

    @Test
    void namesSayWhatAClassIs() {
        noClasses()
                .should()
                .haveNameMatching(".*(Impl|Utils?|Helper|Manager|Base)")
                .check(MAIN);
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> unmarked = MAIN.stream()
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .map(JavaClass::getPackageName)
                .distinct()
                .filter(name -> !isNullMarked(name))
                .collect(Collectors.toSet());
        assertEquals(Set.of(), unmarked);
    }

    @Test
    void controllersAreKnownToNobody() {
        classes()
                .that()
                .areAnnotatedWith("org.springframework.web.bind.annotation.RestController")
                .should()
                .bePackagePrivate()
                .allowEmptyShould(true)
                .check(MAIN);
    }

    private static boolean isNullMarked(String packageName) {
        try {
            return Class.forName(packageName + ".package-info").isAnnotationPresent(NullMarked.class);
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static String[] packages(Set<String> names) {
        return names.stream().map(name -> ROOT + name + "..").toArray(String[]::new);
    }
}
