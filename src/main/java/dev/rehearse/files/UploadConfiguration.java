package dev.rehearse.files;

import jakarta.servlet.MultipartConfigElement;
import java.io.IOException;
import org.springframework.boot.servlet.MultipartConfigFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

/** How multipart bodies are taken in: to disk, beside where the files will lie, and no more than is allowed. */
@Configuration(proxyBeanMethods = false)
class UploadConfiguration {
    private static final DataSize OTHER_PARTS = DataSize.ofMegabytes(1);

    @Bean
    MultipartConfigElement multipartConfigElement(FileSettings settings, FileFolder folder) throws IOException {
        MultipartConfigFactory factory = new MultipartConfigFactory();
        factory.setLocation(folder.incoming().toString());
        factory.setMaxFileSize(settings.maxSize());
        factory.setMaxRequestSize(
                DataSize.ofBytes(Math.addExact(settings.maxSize().toBytes(), OTHER_PARTS.toBytes())));
        factory.setFileSizeThreshold(DataSize.ofBytes(0));
        return factory.createMultipartConfig();
    }
}
