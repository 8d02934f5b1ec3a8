using EmbeddingAdmin;
using EmbeddingAdmin.Web;
using Microsoft.Extensions.Options;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddDashboard();

    await using var app = builder.Build();
    app.MapDashboard();
    await app.RunAsync();
    return 0;
}
catch (EmbeddingAdminException refused)
{
    await Console.Error.WriteLineAsync($"{refused.Code}: {refused.Message}");
    return 2;
}
catch (OptionsValidationException invalid)
{
    await Console.Error.WriteLineAsync(invalid.Message);
    return 2;
}
