using EmbeddingAdmin.Web;
using EmbeddingAdmin.Web.Security;
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
catch (Exception exception) when (exception is StartRefusedException or OptionsValidationException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
